/**
 * Full screen, in which all keys are the guest's: also those that the system or the browser would take (Keyboard Lock). The
 * browser keeps a way out: where it locks, Escape that is held for a while; elsewhere, Escape.
 */
import { useEffect, useState, type RefObject } from "react";

export type FullScreen = "no" | "yes" | "locked";

/** Of Chromium and its kin; TypeScript does not know it. */
interface Keyboard {
  lock(): Promise<void>;
}

const keyboard = (): Keyboard | undefined =>
  (navigator as Navigator & { readonly keyboard?: Keyboard }).keyboard;

export function useFullScreen(of: RefObject<HTMLElement | null>): {
  readonly state: FullScreen;
  toggle(): Promise<void>;
} {
  const [state, setState] = useState<FullScreen>("no");
  useEffect(() => {
    const changed = () => {
      const inside = of.current !== null && document.fullscreenElement === of.current;
      if (!inside) setState("no");
    };
    document.addEventListener("fullscreenchange", changed);
    return () => document.removeEventListener("fullscreenchange", changed);
  }, [of]);
  return {
    state,
    async toggle() {
      if (state !== "no") return document.exitFullscreen();
      await of.current?.requestFullscreen();
      const locks = await (keyboard()?.lock() ?? Promise.reject()).then(
        () => true,
        () => false,
      );
      setState(locks ? "locked" : "yes");
    },
  };
}
