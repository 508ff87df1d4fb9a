/** Wires homes: who has them, where they are, and how they come here. */
import type { Peers } from "#client/peers";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import { resultOf } from "#durable/operation/record";
import type { Store } from "#durable/store/store";
import type { Hands } from "#domain/console/hands";
import { defineBringHome, homeTarget, type HomeHosts } from "#domain/desktop/home-bring";
import { HomeFiles } from "#domain/desktop/home-files";
import { Homes } from "#domain/desktop/homes";
import type { Fleet } from "#domain/guest/fleet";
import type { Volumes } from "#domain/guest/volume/volumes";
import type { Reaching } from "./moves.ts";

export interface DesktopHomesParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: OperationEngine;
  readonly fleet: Fleet;
  readonly volumes: Volumes;
  readonly hands: Hands;
  readonly layers: string;
  readonly layerRoots: () => Promise<string[]>;
  readonly reaching: Reaching | undefined;
  /** Ends a guest of a lost host for good, once that can write no more; false: it is not lost. */
  readonly letGoOfLost?:
    | ((host: { readonly id: string; readonly name: string }, guest: string) => Promise<boolean>)
    | undefined;
  readonly onChange: (desktop: string) => void;
}

export function desktopHomes(parts: DesktopHomesParts) {
  const { store, clock, log, engine, fleet, volumes, hands, layers, reaching, onChange } = parts;
  const bring = defineBringHome({
    ...{ store, log, folder: layers, diskKeys: fleet.parts.diskKeys },
    hosts: reaching ? hostsOf(reaching) : noHosts,
  });
  const { letGoOfLost } = parts;
  const homes = new Homes({
    lost: reaching && letGoOfLost && lostIn(reaching, letGoOfLost),
    ...{ store, clock, log, engine, fleet, volumes, hands, onChange },
    bring:
      reaching &&
      (async ({ pool, user, userName, holder }, project) => {
        const options = { targets: [homeTarget({ pool, user })], project };
        const started = await engine.start(
          bring,
          { owner: { pool, user, userName }, holder: holder! },
          options,
        );
        resultOf(bring, await started.completion);
      }),
  });
  return { homes, operations: [bring], files: new HomeFiles({ store, layerRoots: parts.layerRoots }) };
}

const lostIn =
  (
    { id: self, members }: Pick<Reaching, "id" | "members">,
    letGo: NonNullable<DesktopHomesParts["letGoOfLost"]>,
  ) =>
  async (host: string, guest: string): Promise<boolean> => {
    const member = members.get(host);
    if (!member || host === self || members.beat(host) !== undefined) return false;
    return letGo({ id: host, name: member.name }, guest);
  };

/** Alone, a home is here. */
const noHosts: HomeHosts = {
  nameOf: (host) => host,
  file: () => Promise.reject(new TypeError("there is no other host")),
  read: () => Promise.reject(new TypeError("there is no other host")),
  tidy: async () => undefined,
};

function hostsOf({
  peers,
  members,
}: {
  readonly peers: Pick<Peers, "call">;
  readonly members: Reaching["members"];
}): HomeHosts {
  return {
    nameOf: (host) => members.get(host)?.name ?? host,
    file: (host, layer, signal) => peers.call(host, "peerHomeFile", { params: { layer } }, { signal }),
    async read(host, layer, query, signal) {
      return Buffer.from(await peers.call(host, "peerHomePiece", { params: { layer }, query }, { signal }));
    },
    async tidy(host) {
      await peers.call(host, "peerHomeTidy");
    },
  };
}
