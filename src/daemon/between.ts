/** Moves of guests between this host and hosts outside its cluster: what wires their two ends. */
import { hostname } from "node:os";
import { join } from "node:path";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import { visitorsAddress } from "#domain/cluster/own-address";
import { OwnAuthority } from "#domain/access/certificate/own-authority";
import { doorName, HostsAbroad, laneKind } from "#domain/guest/between/host-abroad";
import { defineReceive } from "#domain/guest/between/receive";
import { defineSend } from "#domain/guest/between/send";
import { Sends } from "#domain/guest/between/sends";
import { TellKept } from "#domain/guest/between/tell-kept";
import { Visits } from "#domain/guest/between/visits";
import { targetHere, type Arrivals } from "#domain/guest/migrate/arrivals";
import { Docks } from "#domain/guest/migrate/docks";
import type { DestroyParts } from "#domain/guest/destroy";
import type { OperationEngine } from "#durable/operation/engine";
import type { SealKey } from "#durable/store/seal";
import type { VisitorDoor } from "#server/visitor-door";

export interface BetweenParts extends DestroyParts {
  readonly engine: OperationEngine;
  readonly key: SealKey;
  readonly arrivals: Pick<Arrivals, "look">;
  readonly home: string;
  readonly tag: string;
  /** Undefined: this host stands alone. */
  readonly member: ClusterFile | undefined;
}

export function wireBetween(parts: BetweenParts) {
  const { fleet, engine, key, home, tag, member } = parts;
  const { store, log, places } = fleet.parts;
  const { clock } = fleet.parts;
  const ownName = () => member?.name ?? hostname();
  const authority = () => OwnAuthority.open(join(home, "visitors"), clock, `Lodge visitors ${tag}`);
  const abroad = new HostsAbroad({ store, clock, key, ownName });
  const kept = new TellKept({ store, clock, log, abroad });
  const sending = { ...parts, clock, abroad, tellLater: kept.tell };
  const send = defineSend(sending);
  const docks = new Docks(places);
  const receive = defineReceive({
    ...parts,
    target: (cargo) => targetHere(fleet.parts, { id: member?.host ?? "", name: ownName() }, cargo),
    berth: (visit) => docks.berth(visit),
  });
  const visits = new Visits({
    ...{ fleet, clock, key, engine, docks, authority, ownName },
    operation: receive,
    arrivals: parts.arrivals,
    chooseAddress: (asked) => visitorsAddress(asked, { tag, member: member?.address }),
    host: member?.name,
  });
  const door: VisitorDoor = {
    current: async (address) => (await authority()).serverCertificate([doorName, address]),
    lane: async ({ kind, ref, end }, visitor) =>
      kind === laneKind ? visits.lane(ref, end, visitor) : undefined,
  };
  return {
    operations: [send, receive],
    sends: new Sends({ ...sending, engine, operation: send }),
    visits,
    kept,
    door,
  };
}

export type Between = ReturnType<typeof wireBetween>;
