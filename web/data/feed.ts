/**
 * The one event connection: what it tells goes into the cache, once a frame of the screen and not once a
 * message, so that a thousand guests that change are one change of the page.
 */
import type { QueryClient } from "@tanstack/react-query";
import type { Schemas } from "#contract/schemas";
import { pathOf, socketUrl } from "./api.ts";
import { applyTurns, loadAgain, type Objects, type Turn } from "./apply.ts";
import { openLine, type Line, type LineState } from "./line.ts";
import { stir } from "./stir.ts";

type Event = Schemas["Event"];

type Frame =
  | { readonly type: "started" | "reset"; readonly at?: string }
  | { readonly type: "event"; readonly at?: string; readonly event: Event }
  | {
      readonly type: "change";
      readonly at: string;
      readonly op: "created" | "changed" | "removed";
      readonly kind: keyof Objects;
      readonly id: string;
      readonly object?: unknown;
    };

export interface FeedOptions {
  readonly queries: QueryClient;
  state(state: LineState): void;
  event(event: Event): void;
  /** Calls back when there is time to show something. */
  readonly soon?: (work: () => void) => void;
  readonly open?: (url: string) => WebSocket;
}

export function openFeed({ queries, state, event, soon = onFrame, open }: FeedOptions): Line {
  let last: string | undefined;
  let waiting: Turn[] = [];
  let begun = false;

  function flush(): void {
    const turns = waiting;
    waiting = [];
    applyTurns(queries, turns);
  }

  const stirred = new Set<string>();
  function stirAll(): void {
    for (const kind of stirred) stir(queries, kind);
    stirred.clear();
  }

  function receive(frame: Frame): void {
    if (frame.type === "change") {
      if (waiting.length === 0) soon(flush);
      const object = frame.op === "removed" ? undefined : (frame.object as Objects[keyof Objects]);
      waiting.push({ kind: frame.kind, id: frame.id, ...(object === undefined ? {} : { object }) } as Turn);
    } else if (frame.type === "event") {
      last = frame.event.id;
      event(frame.event);
      if (stirred.size === 0) soon(stirAll);
      stirred.add(frame.event.kind);
    }
    if (frame.type === "reset" || (frame.type === "started" && begun)) loadAgain(queries);
    if (frame.type === "started") begun = true;
  }

  return openLine({
    url: () => {
      const query = last === undefined ? "" : `?after=${encodeURIComponent(last)}`;
      return socketUrl(pathOf("eventStream") + query);
    },
    receive: (frame) => receive(frame as Frame),
    turned: state,
    ...(open ? { open } : {}),
  });
}

/** A page in the background gets no frames of the screen, and must not pile up what it was told. */
function onFrame(work: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(work, 250);
  else requestAnimationFrame(work);
}
