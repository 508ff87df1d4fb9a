/**
 * Keeps the guest's clipboard and the browser's in step, where the user has allowed it: what was copied elsewhere is
 * offered when he comes to the display, and what is copied in the guest is put where he can paste it.
 *
 *   off ── the user turns it on, the browser asks him ──► on
 *    ▲ └── it was allowed before ─────────────────────►  │
 *    └────────────── he turns it off, the browser refuses ┘
 */
import { useEffect, useRef, useState, type RefObject } from "react";
import type { DisplayLine } from "./display-line.ts";

export interface Share {
  readonly on: boolean;
  /** The browser refused, or has no clipboard for this page. */
  readonly refused: boolean;
  /** What was copied in the guest last. */
  readonly text: string;
  set(on: boolean): void;
  copied(text: string): void;
  /** The user comes to the display. */
  come(): void;
  /** Offers a text by itself. */
  give(text: string): void;
}

/** Browsers name it so, and TypeScript does not know it. */
const readPermission = { name: "clipboard-read" } as unknown as PermissionDescriptor;

export function useShare(line: RefObject<DisplayLine | undefined>): Share {
  const [on, setOn] = useState(false);
  const [refused, setRefused] = useState(!("clipboard" in navigator));
  const [text, setText] = useState("");
  /** What both sides have: it need not go over again. */
  const last = useRef("");
  useEffect(() => {
    let left = false;
    const known = "clipboard" in navigator ? navigator.permissions.query(readPermission) : Promise.reject();
    known.then(
      ({ state }) => !left && state === "granted" && setOn(true),
      () => undefined,
    );
    return () => {
      left = true;
    };
  }, []);

  const refuse = () => {
    setRefused(true);
    setOn(false);
  };
  const give = (given: string) => {
    last.current = given;
    line.current?.paste(given);
  };
  const take = async () => {
    try {
      const copied = await navigator.clipboard.readText();
      if (copied !== "" && copied !== last.current) give(copied);
      setRefused(false);
      return true;
    } catch {
      // Whoever looks elsewhere is not asked: the browser lets nobody read then.
      if (document.hasFocus()) refuse();
      return false;
    }
  };
  return {
    on,
    refused,
    text,
    set(wanted) {
      if (wanted) void take().then(setOn);
      else setOn(false);
    },
    copied(copied) {
      setText(copied);
      last.current = copied;
      if (on) navigator.clipboard.writeText(copied).catch(() => document.hasFocus() && refuse());
    },
    come: () => void (on && take()),
    give,
  };
}
