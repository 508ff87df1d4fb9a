/** Wires placement: what this host offers, what all offer, and which of them makes a new guest. */
import { hostname } from "node:os";
import type { Schemas } from "#contract/schemas";
import { aloneHost, ClusterBoards, SingleBoards, type Boards } from "#domain/cluster/placement/boards";
import { ownOffer } from "#domain/cluster/placement/own-offer";
import { Placer } from "#domain/cluster/placement/placer";
import { SilentHosts } from "#domain/cluster/placement/silent-hosts";
import { publishOffer } from "#domain/cluster/placement/publish-offer";
import { installed } from "#hypervisor/host/facts";
import { cpuFlags, networkDevices } from "#hypervisor/host/traits";
import type { PlacingParts } from "#server/placing";
import { desktopHost, desktopRoutes, type DesktopHostParts } from "./desktop-host.ts";
import type { Domain, DomainParts } from "./domain-parts.ts";

export interface Placement {
  readonly placer: Placer;
  /** Who is where, and what each host offers. */
  readonly boards: Boards;
  /** Undefined where there is nothing to choose. */
  readonly placing: PlacingParts | undefined;
  /** Begins to say what this host offers and to know what all do; ends with the signal. */
  open(signal: AbortSignal): Promise<void>;
}

type Parts = Pick<
  DomainParts,
  "store" | "memberships" | "reaching" | "all" | "whole" | "views" | "hardware" | "clock" | "log" | "member"
> & {
  readonly domain: Pick<Domain, "division" | "memoryToGive" | "services">;
  readonly machineTypes: readonly string[];
};

const offered: ReadonlySet<string> = new Set(["template", "network", "pool"]);

export function wirePlacement(parts: Parts): Placement {
  const { store, all, whole, views, hardware, clock, log, member, domain } = parts;
  const host = member?.host ?? aloneHost;
  const offer = () =>
    ownOffer({
      store,
      host,
      hardware,
      machineTypes: parts.machineTypes,
      hasTpm: () => installed("swtpm"),
      cpuFeatures: () => cpuFlags(),
      promise: () => domain.division.promise(),
      available: domain.memoryToGive,
      pools: () => domain.services.pools.list(),
      devices: () => networkDevices(),
    });
  const cluster = member && new ClusterBoards(all, clock);
  const boards: Boards = cluster ?? new SingleBoards(store, hostname(), offer);
  const placer = new Placer({ store, whole, boards, host, clock });
  const silent = new SilentHosts(clock);
  const desktops: DesktopHostParts = {
    store,
    self: host,
    whereabouts: views.whereabouts,
    guests: () => views.guests.values(),
    memberships: parts.memberships,
    answers: (id) => id === host || parts.reaching?.members.beat(id) !== undefined,
    choose: (...asked) => placer.choose(...asked),
  };
  const placing: PlacingParts | undefined = member && {
    own: host,
    placed: ["guestCreate", ...desktopRoutes],
    chooseHost: (name, { params, body, project, actor }, refused) =>
      name === "guestCreate"
        ? placer.choose(body as Schemas["GuestCreate"], project, silent.and(refused))
        : desktopHost(desktops, name, { offer: params["offer"] ?? "", actor }, silent.and(refused)),
    onSilent: (id) => silent.note(id),
  };
  return {
    placer,
    boards,
    placing,
    async open(signal) {
      if (!cluster) return;
      await cluster.open();
      signal.addEventListener("abort", () => cluster.close(), { once: true });
      // What others' guests do is told often, and changes nothing here.
      const onChange = (listener: () => void) =>
        views.listen({
          turned: (kind, { id }) =>
            void ((kind === "guest" || kind === "image") && views.isHere(kind, id) && listener()),
          stirred: (kind) => void (offered.has(kind) && listener()),
        });
      await publishOffer({ store, offer, onChange, clock, log }, signal);
    },
  };
}
