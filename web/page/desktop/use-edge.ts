/**
 * Whether the toolbar is shown. The pointer is followed before the viewer takes it, and nothing lies over the picture's edge:
 * what is clicked there is the desktop's.
 *
 *   hidden ── the pointer is at the upper edge, the handle, Ctrl Alt Shift ──► shown
 *     ▲ ▲                                                                        │ the pointer is elsewhere, the keys too
 *     │ └────────────────────────────── after a while ◄─────────────────────────┤
 *     └──────────────────────────────── at once ◄── something else is pressed ──┘
 */
import { useEffect, useRef, useState, type RefObject } from "react";
import { isTouched } from "./touched.ts";

/** Pixels, of the window's upper edge. */
const near = 2;
/** Milliseconds. */
const lingers = 1_200;
const atFirst = 4_000;

export interface Edge {
  readonly shown: boolean;
  toggle(): void;
  hide(): void;
}

const modifiers = new Set(["Control", "Alt", "Shift"]);

/** @param held Something of it is open. */
export function useEdge(bar: RefObject<HTMLElement | null>, held: boolean): Edge {
  // A sheet over half of a phone is nothing to begin with.
  const [shown, setShown] = useState(() => !isTouched());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const stay = () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    };
    const goSoon = (after: number) => {
      if (held || timer.current !== undefined) return;
      timer.current = setTimeout(() => {
        timer.current = undefined;
        if (!bar.current?.contains(document.activeElement)) setShown(false);
      }, after);
    };
    const moved = ({ clientY, target, pointerType }: PointerEvent) => {
      // A finger that draws is no pointer that looks for something.
      if (pointerType === "touch") return;
      const inside = target instanceof Node && bar.current?.contains(target);
      if (clientY <= near && !inside) {
        stay();
        setShown(true);
      } else if (inside) stay();
      else goSoon(lingers);
    };
    const pressed = (event: KeyboardEvent) => {
      if (!event.ctrlKey || !event.altKey || !event.shiftKey || !modifiers.has(event.key)) return;
      stay();
      setShown(true);
      requestAnimationFrame(() => bar.current?.querySelector("button")?.focus());
    };
    /** Who works on goes back to the picture. */
    const began = ({ target }: PointerEvent) => {
      const own =
        target instanceof Element && (bar.current?.contains(target) || target.closest("[aria-expanded]"));
      if (!own && !held) setShown(false);
    };
    window.addEventListener("pointerdown", began, { capture: true });
    window.addEventListener("pointermove", moved, { capture: true });
    window.addEventListener("keydown", pressed, { capture: true });
    if (held) stay();
    else goSoon(atFirst);
    return () => {
      stay();
      window.removeEventListener("pointerdown", began, { capture: true });
      window.removeEventListener("pointermove", moved, { capture: true });
      window.removeEventListener("keydown", pressed, { capture: true });
    };
  }, [bar, held]);
  return { shown, toggle: () => setShown((before) => !before), hide: () => setShown(false) };
}
