/** Moves of guests between the hosts of a cluster: what wires their two ends. */
import type { Peers } from "#client/peers";
import type { Whereabouts } from "#durable/store/whereabouts";
import type { Displays } from "#domain/console/displays";
import type { FarEnd } from "#domain/guest/ends";
import { nearEnd } from "#domain/guest/far-end";
import type { Tunnels } from "#domain/cluster/tunnels";
import { defineArrive } from "#domain/guest/migrate/arrive";
import { Arrivals, targetHere } from "#domain/guest/migrate/arrivals";
import type { Cargo } from "#domain/guest/migrate/cargo";
import { defineDepart } from "#domain/guest/migrate/depart";
import { laneName, laneOf, type Destination, type Destinations } from "#domain/guest/migrate/destination";
import { Moves } from "#domain/guest/migrate/moves";
import { aside } from "#domain/guest/replica/stand-aside";
import { guestKey, type GuestRecord } from "#domain/guest/record";
import { parseDoor } from "#domain/cluster/door-address";
import type { Members } from "#domain/member/members";
import type { MemberRecord } from "#domain/member/record";
import { LodgeError } from "#contract/errors";
import type { QemuFeatures } from "#hypervisor/qemu/features";
import type { ArrivalService } from "#server/services";
import { wireBetween, type BetweenParts } from "./between.ts";

/** This host, and how it reaches the others. */
export interface Reaching {
  readonly id: string;
  readonly peers: Pick<Peers, "call" | "tunnel">;
  readonly members: Pick<Members, "find" | "get" | "beat" | "awaySince" | "all">;
}

export interface MovingParts extends Omit<BetweenParts, "arrivals"> {
  readonly mediumPath: (image: string, project: string) => Promise<string>;
  readonly requireMemory: (record: GuestRecord) => Promise<void>;
  readonly features: Pick<QemuFeatures, "commands" | "machines">;
  readonly bring: (image: string, project: string) => Promise<void>;
  readonly choose: (guest: string) => Promise<string>;
  /** Undefined: this host stands alone. */
  readonly reaching: Reaching | undefined;
}

/** What a tunnel of a move is called. */
const kind = "move";

/** Milliseconds that the other host may take to look at a guest: it looks at its disks. */
const patience = 30_000;

function destinationsOf({ id: self, peers, members }: Reaching): Destinations {
  const destination = ({ id, name, address }: MemberRecord): Destination => ({
    id,
    name,
    address: parseDoor(address).host,
    look: (cargo, signal) => peers.call(id, "peerMoveLook", { body: { cargo } }, { signal, patience }),
    begin: async ({ move, cargo }, signal) =>
      void (await peers.call(id, "peerMoveBegin", { body: { move, cargo } }, { signal, patience })),
    connect: (move, lane, signal) => peers.tunnel(id, { kind, ref: move, end: laneName(lane) }, { signal }),
  });
  return {
    self,
    find(ref) {
      const found = members.find(ref);
      if (!found) throw new LodgeError("cluster.host_not_found", { host: ref });
      return destination(found);
    },
  };
}

/** What a tunnel to a guest's own is called. */
const guestKind = "guest";

/** Where the sockets of a guest are that has gone to another host. */
export const farEndOf =
  (
    { id: self, peers }: Reaching,
    views: { readonly whereabouts: Pick<Whereabouts, "hostsOf">; caughtUp(): Promise<unknown> },
  ): FarEnd =>
  async (guest, end, signal) => {
    await views.caughtUp();
    const host = views.whereabouts.hostsOf(guestKey(guest)).find((one) => one !== self);
    return host === undefined
      ? undefined
      : peers.tunnel(host, { kind: guestKind, ref: guest, end }, { signal });
  };

export function wireMoves({ reaching, features, ...parts }: MovingParts) {
  const { fleet, engine } = parts;
  const found = reaching && destinationsOf(reaching);
  const departing = { ...parts, destinations: () => found, commands: features.commands };
  const depart = aside(fleet, defineDepart(departing));
  const self = () => ({ id: reaching?.id ?? "", name: reaching?.members.get(reaching.id)?.name ?? "" });
  const arrive = defineArrive({
    ...parts,
    target: (cargo) => targetHere(fleet.parts, self(), cargo),
    berth: (move) => arrivals.berth(move),
    address: () => {
      const own = reaching?.members.get(reaching.id);
      return own && parseDoor(own.address).host;
    },
  });
  const arrivals: Arrivals = new Arrivals({
    ...parts,
    operation: arrive,
    brings: reaching !== undefined,
    self,
    machines: features.machines,
  });
  const between = wireBetween({ ...parts, arrivals });
  const service: ArrivalService = {
    look: async (cargo) => {
      const { blockers, bytes, inPlace = [] } = await arrivals.look(cargo as Cargo);
      return { blockers: [...blockers], bytes, inPlace: [...inPlace] };
    },
    begin: ({ move, cargo }) => arrivals.begin({ move, cargo: cargo as Cargo }),
  };
  return {
    operations: [depart, arrive, ...between.operations],
    moves: new Moves({ ...departing, engine, operation: depart, abroad: between.sends }),
    between,
    service,
    coming: () => [...arrivals.coming()],
    /** Other hosts' tunnels lead to what comes here. */
    offer(tunnels: Pick<Tunnels, "offer">, displays: Pick<Displays, "openDesktop">): void {
      tunnels.offer(kind, async ({ ref, end }) => {
        const lane = laneOf(end);
        return lane && arrivals.open(ref, lane);
      });
      tunnels.offer(guestKind, async ({ ref, end }, _from, signal) =>
        end === "desktop" ? displays.openDesktop(ref) : nearEnd(fleet, ref, end, signal),
      );
    },
  };
}

export type Moving = ReturnType<typeof wireMoves>;
