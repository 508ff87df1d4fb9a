/**
 * The windows of a desktop's further monitors. They are this page's own, without an address: they show a part of its picture and
 * hand on what is done in them, and go when it goes.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Size } from "../../console/viewer.ts";

/** Window Management, of Chromium and its kin; TypeScript does not know it. */
interface Screens {
  readonly screens: readonly Area[];
  readonly currentScreen: Area;
}
interface Area {
  readonly availLeft: number;
  readonly availTop: number;
  readonly availWidth: number;
  readonly availHeight: number;
}
type Managing = Window & {
  readonly screen: Screen & { readonly isExtended?: boolean };
  getScreenDetails?(): Promise<Screens>;
};

/** Milliseconds between looks whether one was closed: no event says so in every browser. */
const look = 300;
const first = { w: 1280, h: 720 } as const;

export interface MonitorWindow {
  readonly id: number;
  readonly window: Window;
}

export interface Monitors {
  /** From left to right, beside this page, which shows the first monitor. */
  readonly further: readonly MonitorWindow[];
  sizes(): readonly Size[];
  /** Grows whenever one of them comes, goes, or has another size. */
  readonly turn: number;
  /** Returns false where the browser lets none be opened. */
  add(): boolean;
  close(): void;
}

const isOpen = ({ window }: MonitorWindow): boolean => !window.closed;

export function useMonitors(): Monitors {
  const [further, setFurther] = useState<readonly MonitorWindow[]>([]);
  const [turn, setTurn] = useState(0);
  const latest = useRef(further);
  latest.current = further;
  const changed = useCallback(() => setTurn((before) => before + 1), []);
  const close = useCallback(() => {
    for (const { window } of latest.current) window.close();
  }, []);
  useEffect(() => {
    window.addEventListener("pagehide", close);
    return () => {
      window.removeEventListener("pagehide", close);
      close();
    };
  }, [close]);
  useEffect(() => {
    if (further.length === 0) return undefined;
    const timer = setInterval(() => {
      if (further.every(isOpen)) return;
      setFurther(further.filter(isOpen));
      changed();
    }, look);
    for (const { window } of further) window.addEventListener("resize", changed);
    return () => {
      clearInterval(timer);
      for (const { window } of further) window.removeEventListener("resize", changed);
    };
  }, [further, changed]);
  return {
    further,
    turn,
    sizes: () => further.map(({ window: { innerWidth: w, innerHeight: h } }) => ({ w, h })),
    add() {
      const opened = window.open("", "", `popup,width=${first.w},height=${first.h}`);
      if (!opened) return false;
      setFurther([...further, { id: turn, window: opened }]);
      changed();
      void toOwnScreen(opened, further.length);
      return true;
    },
    close,
  };
}

/** To a screen that no other of the desktop's windows is on, where the browser may know and the user lets it. */
async function toOwnScreen(opened: Window, others: number): Promise<void> {
  const page = window as Managing;
  if (!page.screen.isExtended || !page.getScreenDetails) return;
  const found = await page.getScreenDetails().catch(() => undefined);
  const free = found?.screens.filter((each) => each !== found.currentScreen)[others];
  if (!free) return;
  opened.moveTo(free.availLeft, free.availTop);
  opened.resizeTo(free.availWidth, free.availHeight);
}
