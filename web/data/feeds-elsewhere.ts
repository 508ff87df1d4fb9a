/**
 * What the other hosts of a cluster alone tell of: what their guests use, once a second, and that their pools, volumes and
 * templates have changed. Each has a stream of its own, which the host that answers the page leads on to it.
 */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { FeedFrame, FeedKind, Usage } from "#contract/schema/feed";
import { pathOf, socketUrl } from "./api.ts";
import { useHosts } from "./hosts.ts";
import { openLine, type Line } from "./line.ts";
import { stir } from "./stir.ts";
import { usageHistory } from "./usage.ts";

const lists = ["pool", "volume", "template"] as const satisfies readonly FeedKind[];
const kinds = ["usage", ...lists];

export interface ElsewhereOptions {
  /** Its name. */
  readonly host: string;
  readonly queries: QueryClient;
  usage(usage: Usage, host: string): void;
  readonly open?: (url: string) => WebSocket;
}

/** Milliseconds: lists are asked for again seldom, however much happens. */
const stirEvery = 1_000;

export function openFeedOf({ host, queries, usage, open }: ElsewhereOptions): Line {
  const stirred = new Set<string>();
  function stirLater(kind: string): void {
    if (stirred.size === 0)
      setTimeout(() => {
        for (const each of stirred) stir(queries, each);
        stirred.clear();
      }, stirEvery);
    stirred.add(kind);
  }
  const query = new URLSearchParams({ kinds: kinds.join(","), host });
  return openLine({
    url: () => socketUrl(`${pathOf("eventStream")}?${query.toString()}`),
    receive(frame) {
      const told = frame as FeedFrame | { readonly type: "started" };
      if (told.type === "usage") usage(told.usage, host);
      // What changed before, or in between, was told to nobody here.
      else if (told.type === "started" || told.type === "reset") lists.forEach(stirLater);
      else if (told.type === "change") stirLater(told.kind);
    },
    turned: () => undefined,
    ...(open ? { open } : {}),
  });
}

/** Shows nothing: holds one to each other host that answers, for as long as it is there. */
export function FeedsElsewhere(): null {
  const queries = useQueryClient();
  const hosts = useHosts().data ?? [];
  const others = hosts.filter(({ here, answers, witness }) => !here && answers && !witness);
  const names = others.map(({ name }) => name).join();
  useEffect(() => {
    const usage = (told: Usage, host: string) => usageHistory.add(told, host);
    const feeds = names
      .split(",")
      .filter(Boolean)
      .map((host) => openFeedOf({ host, queries, usage }));
    return () => feeds.forEach((feed) => feed.close());
  }, [names, queries]);
  return null;
}
