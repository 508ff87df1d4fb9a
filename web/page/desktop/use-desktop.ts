/** One's desktop as a page has it: what it is, what was said beside it, and what can be done. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { hasCode } from "#contract/errors";
import type { Announced, Desktop as DesktopShown } from "#contract/schema/desktop";
import type { DesktopPolicy } from "#contract/schema/desktop-pool";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import { useShare, type Share } from "../../console/clipboard-share.ts";
import type { DisplayLine } from "../../console/display-line.ts";
import { forgetFrame, keepFrame } from "../../data/last-frame.ts";
import { keyOf } from "../../data/query.ts";
import { openDesktop, type EndReason, type OpenDesktop, type OpenState } from "./open-desktop.ts";
import type { Size } from "../../console/viewer.ts";
import { isArranged, partsOf } from "./monitors.ts";
import { wantedSize, type Resolution } from "./resolution.ts";
import type { Monitors } from "./use-monitors.ts";

type Parts = ReturnType<typeof partsOf>;
type Frame<T extends DesktopLineFromServer["type"]> = Extract<DesktopLineFromServer, { type: T }>;

/** What was said on the line, and still counts. */
export interface Said {
  readonly announced?: Announced | undefined;
  readonly messages: readonly Frame<"message">[];
  readonly asked?: Frame<"shadow-asked"> | undefined;
  readonly shadowed: Frame<"shadowed">["by"];
  readonly recorded: boolean;
  /** How its user's own files are, where the pool keeps them apart. */
  readonly home?: DesktopShown["home"];
  /** With what the one before it was lost, until that was read. */
  readonly replaces?: DesktopShown["replaces"];
  /** Where the page is looked at from, as the daemon sees it. */
  readonly address?: string | undefined;
}

const nothing: Said = { messages: [], shadowed: [], recorded: false };

/** Pure. */
export function saidAfter(said: Said, frame: DesktopLineFromServer): Said {
  switch (frame.type) {
    case "desktop": {
      const own = frame.desktop.viewers.findLast(({ shadow }) => !shadow);
      return {
        ...said,
        announced: frame.desktop.announced,
        home: frame.desktop.home,
        // Said when he comes to it for the first time.
        replaces: frame.desktop.connectedAt === undefined ? frame.desktop.replaces : said.replaces,
        recorded: said.recorded || frame.desktop.recording !== undefined,
        address: own?.address ?? said.address,
      };
    }
    case "announced":
      return { ...said, announced: frame.announced };
    case "message":
      return { ...said, messages: [...said.messages, frame].slice(-5) };
    case "shadow-asked":
      return { ...said, asked: frame };
    case "shadow-settled":
      return said.asked?.id === frame.id ? { ...said, asked: undefined } : said;
    case "shadowed":
      return { ...said, shadowed: frame.by };
    case "recording":
      return { ...said, recorded: frame.on };
    case "ended":
      return { ...nothing, address: said.address };
  }
}

export interface Desktop {
  readonly state: OpenState;
  readonly policy: DesktopPolicy;
  readonly said: Said;
  readonly share: Share;
  readonly line: RefObject<DisplayLine | undefined>;
  readonly frame: RefObject<HTMLDivElement | null>;
  /** Its own picture is there. */
  readonly drawn: boolean;
  readonly open: RefObject<OpenDesktop | undefined>;
  /** Of its monitors, where it has several and its screen is arranged so: this page shows the first. */
  readonly parts: Parts | undefined;
  /** Calls a function with each picture; returns how to end that. */
  onPicture(listener: () => void): () => void;
  /** Asks for it anew. */
  again(takeOver: boolean): void;
  answer(yes: boolean): void;
  present(): void;
  /** Takes a message off. */
  read(message: Frame<"message">): void;
  /** The same of what is said of the one before it. */
  readReplaced(): void;
}

interface Wanted {
  readonly pool: string;
  readonly user: string;
  readonly takeOver: boolean;
  readonly resolution: Resolution;
  readonly quality: number;
  readonly monitors: Monitors;
}

/** It is only this page that does not see it any more. */
const goesOn = new Set<EndReason>(["taken-over", "idle", "lost"]);

const sizeOf = (element: Element | null): Size => {
  const { width: w, height: h } = element?.getBoundingClientRect() ?? { width: 0, height: 0 };
  return { w, h };
};

const canvasIn = (frame: HTMLElement | null): HTMLCanvasElement | undefined =>
  frame?.querySelector("canvas") ?? undefined;

export function useDesktop({ pool, user, resolution, quality, monitors, ...wanted }: Wanted): Desktop {
  const queries = useQueryClient();
  const frame = useRef<HTMLDivElement>(null);
  const line = useRef<DisplayLine>(undefined);
  const open = useRef<OpenDesktop>(undefined);
  const [attempt, setAttempt] = useState({ count: 0, takeOver: wanted.takeOver });
  const [state, setState] = useState<OpenState>({ is: "opening" });
  const [policy, setPolicy] = useState<DesktopPolicy>({});
  const [said, setSaid] = useState<Said>(nothing);
  const [drawn, setDrawn] = useState(false);
  const [screen, setScreen] = useState<Size>();
  const [parts, setParts] = useState<Parts>();
  const [arranged, setArranged] = useState<Parts>();
  const [listeners] = useState(() => new Set<() => void>());
  const share = useShare(line);
  const latest = useRef({ share, resolution, quality, monitors });
  latest.current = { share, resolution, quality, monitors };
  useEffect(() => {
    if (!frame.current) return undefined;
    const inside = frame.current;
    let seen = false;
    const keep = () => {
      const canvas = canvasIn(inside);
      if (seen && canvas) keepFrame(user, pool, canvas);
    };
    const opened = openDesktop({
      pool,
      frame: inside,
      takeOver: attempt.takeOver,
      quality: latest.current.quality,
      wish() {
        // The picture itself may be larger than the window that it is seen through.
        const own = wantedSize(sizeOf(inside.parentElement), latest.current.resolution);
        const further = latest.current.monitors.sizes();
        const wished = partsOf([own, ...further]);
        if (further.length === 0) return [own];
        setParts((before) => (JSON.stringify(before) === JSON.stringify(wished) ? before : wished));
        return wished;
      },
      sized: setScreen,
      pictured() {
        for (const listener of listeners) listener();
      },
      copied: (text) => latest.current.share.copied(text),
      allowed: setPolicy,
      told: (told) => setSaid((before) => saidAfter(before, told)),
      turned(now) {
        setState(now);
        if (now.is === "over" && hasCode(now.error, "api.unauthorized"))
          void queries.invalidateQueries({ queryKey: keyOf("sessionGet") });
        if (now.is !== "ended") return;
        if (now.why !== undefined && goesOn.has(now.why)) keep();
        else forgetFrame(user, pool);
        setDrawn(false);
        seen = false;
      },
      drawn() {
        seen = true;
        setDrawn(true);
      },
    });
    line.current = opened.display;
    open.current = opened;
    const come = () => latest.current.share.come();
    const hide = () => document.visibilityState === "hidden" && keep();
    window.addEventListener("focus", come);
    window.addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", hide);
    return () => {
      window.removeEventListener("focus", come);
      window.removeEventListener("pagehide", keep);
      document.removeEventListener("visibilitychange", hide);
      keep();
      opened.close();
    };
  }, [pool, user, attempt, queries, listeners]);
  if (parts && parts !== arranged && isArranged(parts, screen)) setArranged(parts);
  useEffect(() => line.current?.wishAgain(), [resolution, monitors.turn]);
  useEffect(() => line.current?.sharpen(quality), [quality]);
  return {
    state,
    policy,
    said,
    share,
    line,
    frame,
    drawn,
    open,
    // Until the guest has other sizes, the windows show what was before.
    parts:
      arranged?.length === monitors.further.length + 1 && isArranged(arranged, screen) ? arranged : undefined,
    onPicture: useCallback(
      (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      [listeners],
    ),
    again: useCallback((takeOver) => {
      setSaid(nothing);
      setDrawn(false);
      setState({ is: "opening" });
      setAttempt(({ count }) => ({ count: count + 1, takeOver }));
    }, []),
    answer(yes) {
      if (said.asked) open.current?.answer(said.asked.id, yes);
      setSaid((before) => ({ ...before, asked: undefined }));
    },
    present() {
      open.current?.present();
      setSaid((before) => ({ ...before, announced: undefined }));
    },
    read: (message) =>
      setSaid((before) => ({ ...before, messages: before.messages.filter((each) => each !== message) })),
    readReplaced: () => setSaid((before) => ({ ...before, replaces: undefined })),
  };
}
