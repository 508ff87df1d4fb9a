/**
 * The one event connection: what it tells goes into the cache, once a frame of the screen and not once a
 * message, so that a thousand guests that change are one change of the page.
 *
 *   first "started"   what was asked for before it may be older than what is told from here on: asked again
 *   lost, and back    goes on after the last frame that was seen: nothing was missed
 *   "reset"           what was between is not known any more: asked again
 */
import type { QueryClient } from "@tanstack/react-query";
import type { Operation } from "#contract/operation";
import { feedKinds, type FeedFrame, type Usage } from "#contract/schema/feed";
import { pathOf, socketUrl } from "./api.ts";
import { addEvent, applyTurns, catchUp, loadAgain, type Objects, type Turn } from "./apply.ts";
import { heard } from "./own-operations.ts";
import { openLine, type Line, type LineState } from "./line.ts";
import { stir } from "./stir.ts";

type Frame = FeedFrame | { readonly type: "started"; readonly at?: string };

export interface FeedOptions {
  readonly queries: QueryClient;
  state(state: LineState): void;
  usage(usage: Usage): void;
  /** Calls back when there is time to show something. */
  readonly soon?: (work: () => void) => void;
  readonly open?: (url: string) => WebSocket;
}

/** Milliseconds: what is only asked for again is asked for seldom, however much happens. */
const stirEvery = 1_000;

export function openFeed({ queries, state, usage, soon = onFrame, open }: FeedOptions): Line {
  let place: string | undefined;
  let waiting: Turn[] = [];
  let begun = false;
  const stirred = new Set<string>();

  function flush(): void {
    const turns = waiting;
    waiting = [];
    applyTurns(queries, turns);
    for (const { kind, object } of turns) if (kind === "operation" && object) heard(object as Operation);
  }

  function stirLater(noun: string): void {
    if (stirred.size === 0) {
      setTimeout(() => {
        for (const each of stirred) stir(queries, each);
        stirred.clear();
      }, stirEvery);
    }
    stirred.add(noun);
  }

  function receive(frame: Frame): void {
    if (frame.at !== undefined) place = frame.at;
    switch (frame.type) {
      case "started":
        if (!begun) loadAgain(queries);
        begun = true;
        return;
      case "reset":
        return loadAgain(queries);
      case "usage":
        return usage(frame.usage);
      case "event":
        return addEvent(queries, frame.event);
      case "change": {
        if (waiting.length === 0) soon(flush);
        const object = frame.object as Objects[keyof Objects] | undefined;
        waiting.push({ kind: frame.kind, id: frame.id, ...(object ? { object } : {}) } as Turn);
        return stirLater(frame.kind);
      }
    }
  }

  const end = catchUp(queries);
  const line = openLine({
    url: () => {
      const query = new URLSearchParams({ kinds: feedKinds.join(",") });
      if (place !== undefined) query.set("from", place);
      return socketUrl(`${pathOf("eventStream")}?${query.toString()}`);
    },
    receive: (frame) => receive(frame as Frame),
    turned: state,
    ...(open ? { open } : {}),
  });
  return {
    close() {
      end();
      line.close();
    },
  };
}

/** A page in the background gets no frames of the screen, and must not pile up what it was told. */
function onFrame(work: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(work, 250);
  else requestAnimationFrame(work);
}
