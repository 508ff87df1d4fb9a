/** The feed for as long as somebody is signed in, and its state. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, Suspense, use, useEffect, useState, type ReactNode } from "react";
import { later } from "../later.ts";
import { openFeed } from "./feed.ts";
import type { LineState } from "./line.ts";
import { usageHistory } from "./usage.ts";

const { Part: FeedsElsewhere } = later(async () => (await import("./feeds-elsewhere.ts")).FeedsElsewhere);

const State = createContext<LineState>("opening");

export function ConnectionProvider({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const [state, setState] = useState<LineState>("opening");
  useEffect(() => {
    const feed = openFeed({ queries, state: setState, usage: (usage) => usageHistory.add(usage) });
    return () => feed.close();
  }, [queries]);
  return (
    <State value={state}>
      {children}
      {state === "live" && (
        <Suspense>
          <FeedsElsewhere />
        </Suspense>
      )}
    </State>
  );
}

export const useLineState = (): LineState => use(State);
