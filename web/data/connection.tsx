/** The feed for as long as somebody is signed in, its state, and the events since the page was opened. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import type { Schemas } from "#contract/schemas";
import { openFeed } from "./feed.ts";
import type { LineState } from "./line.ts";

type Event = Schemas["Event"];

interface Connection {
  readonly state: LineState;
  /** The newest first. */
  readonly events: readonly Event[];
}

const Connected = createContext<Connection>({ state: "opening", events: [] });

/** Events kept for the page. */
const kept = 500;

export function ConnectionProvider({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const [state, setState] = useState<LineState>("opening");
  const [events, setEvents] = useState<readonly Event[]>([]);
  useEffect(() => {
    const feed = openFeed({
      queries,
      state: setState,
      event: (event) => setEvents((before) => [event, ...before].slice(0, kept)),
    });
    return () => feed.close();
  }, [queries]);
  return <Connected value={{ state, events }}>{children}</Connected>;
}

export const useLineState = (): LineState => use(Connected).state;

export function useEvents(guest?: string): readonly Event[] {
  const { events } = use(Connected);
  return guest === undefined ? events : events.filter((event) => event.guest === guest);
}
