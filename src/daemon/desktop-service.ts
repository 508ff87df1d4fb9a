/** Wires desktops: pools, who has what of them, and what becomes of it. */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { AnyOperation } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import type { ReadStore, Store } from "#durable/store/store";
import type { Actor } from "#domain/access/actor";
import type { Memberships } from "#domain/access/memberships";
import type { Displays } from "#domain/console/displays";
import type { Recordings } from "#domain/console/recording/recordings";
import { Desktops } from "#domain/desktop/desktops";
import { defineEnd } from "#domain/desktop/end";
import { forget } from "#domain/desktop/forget";
import { Handout } from "#domain/desktop/handout";
import { HelpDesk } from "#domain/desktop/help-desk";
import { Keeper } from "#domain/desktop/keeper";
import { Intrusions } from "#domain/desktop/intrusions";
import { KeepRules } from "#domain/desktop/keep-rules";
import { Known } from "#domain/desktop/known";
import { DesktopLines } from "#domain/desktop/lines";
import { Maker } from "#domain/desktop/maker";
import { LostDesktops } from "#domain/desktop/lost";
import { MyDesktops } from "#domain/desktop/my-desktops";
import { definePoolRemove } from "#domain/desktop/pool-remove";
import { DesktopPools } from "#domain/desktop/pools";
import type { Homes } from "#domain/desktop/homes";
import { desktopPoolKey, type DesktopRecord } from "#domain/desktop/record";
import { Room } from "#domain/desktop/room";
import type { Fleet } from "#domain/guest/fleet";
import type { GuestOperations, Guests } from "#domain/guest/guests";
import type { EventLog } from "#domain/host/events";
import type { Runner } from "#domain/template/run";
import type { Views } from "#domain/view/views";
import { hostCpu, processUsage } from "#hypervisor/host/process-usage";
import type { DesktopService } from "#server/services";
import { desktopCluster, type DesktopClusterParts } from "./desktop-cluster.ts";
import { desktopHomes, type DesktopHomesParts } from "./desktop-homes.ts";
import type { Reaching } from "./moves.ts";

export interface DesktopServiceParts extends Pick<
  DesktopHomesParts,
  "volumes" | "layerRoots" | "letGoOfLost"
> {
  readonly store: Store;
  readonly whole: ReadStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: OperationEngine;
  readonly fleet: Fleet;
  readonly guests: Guests;
  readonly operations: Pick<GuestOperations, "remove" | "stop" | "branch" | "pause" | "suspend">;
  readonly runner: Runner;
  readonly displays: Displays;
  readonly recordings: Recordings;
  readonly events: Pick<EventLog, "append">;
  readonly views: Pick<Views, "guests" | "caughtUp" | "whereabouts">;
  readonly rank: DesktopClusterParts["rank"];
  readonly memberships: (actor: Actor) => Promise<Memberships | undefined>;
  readonly bring: (image: string, project: string) => Promise<void>;
  readonly reaching: Reaching | undefined;
  /** Does the host shut down? */
  readonly isShut: () => boolean;
  readonly layers: string;
}

export interface DesktopWiring {
  readonly homes: Homes;
  readonly service: DesktopService;
  readonly operations: readonly AnyOperation[];
  /** Calls back when somebody has come to a desktop of this host or gone, or its home is otherwise, as long as the daemon lives. */
  onUse(listener: () => void): void;
  /** Looks after pools and desktops from now on. */
  open(): Promise<void>;
  close(): Promise<void>;
}

export function desktopService(parts: DesktopServiceParts): DesktopWiring {
  const { store, clock, log, engine, fleet, guests, views, memberships } = parts;
  const marked = async () => {
    await views.caughtUp();
    return [...views.guests.values()].filter(({ desktop }) => desktop !== undefined);
  };
  const lines = new DesktopLines();
  const using = new Set<() => void>();
  const used = () => using.forEach((tell) => tell());
  parts.displays.watchers.onChange(used);
  const { homes, files, ...having } = desktopHomes({
    ...parts,
    hands: parts.displays.hands,
    onChange: (id) => {
      used();
      desktops.get(id).then(
        (shown) => lines.tell(shown),
        () => undefined,
      );
    },
  });
  const end = defineEnd({
    store,
    engine: () => engine,
    remove: parts.operations.remove,
    stop: parts.operations.stop,
    leave(desktop, why) {
      desktops.leave(desktop, why);
      return helpDesk.left(desktop);
    },
    belongings: homes,
  });
  const poolRemove = definePoolRemove({ store, clear: (pool, signal) => keeper.cleared(pool, signal) });
  const known = new Known({ store, clock, log });
  const maker = new Maker({ ...parts, branch: parts.operations.branch });
  const drop = async (desktop: DesktopRecord) => {
    await homes.letGo(desktop);
    await forget(store, desktop);
  };
  const { standbys, reports, away } = desktopCluster(parts);
  const lost = new LostDesktops({ store, homes, away, end: (desktop) => desktops.end(desktop, "lost") });
  const handout = new Handout({
    ...{ drop, lost },
    whole: parts.whole,
    ...{ store, clock, log, engine, fleet, guests, maker },
    standbys: (pool) => known.standbys(pool),
    onTaken() {
      room.taken();
      keeper.soon();
    },
  });
  const room = new Room({ clock, usage: hostCpu });
  const keeper: Keeper = new Keeper({
    ...{ store, clock, log, engine, fleet, known, maker, room },
    cpuSeconds: async (pid) => (await processUsage(pid))?.cpuSeconds,
    whole: parts.whole,
    pause: parts.operations.pause,
    remove: parts.operations.remove,
    end: (desktop) => desktops.end(desktop, "signed-off"),
    drop,
    isBusy: () => handout.isBusy,
    hosts: standbys,
    isShut: parts.isShut,
  });
  const desktops: Desktops = new Desktops({
    ...{ store, clock, log, engine, end, guests, lines, marked },
    handout: () => handout,
    ...{ away, elsewhere: reports },
    use: parts.displays.watchers,
    homeOf: (id) => homes.stateOf(id),
    recordingOf: (guest) => parts.recordings.runningOf(guest),
  });
  const helpDesk = new HelpDesk({ ...parts, lines, desktops: () => desktops });
  const intrusions = new Intrusions({ store, clock, lines, homeOf: (id) => homes.stateOf(id) });
  const rules = new KeepRules({
    ...{ store, clock, log, engine, known, desktops },
    use: parts.displays.watchers,
    suspend: parts.operations.suspend,
    keepRecorded: (guest, desktop, wanted) => helpDesk.keepRecorded(guest, desktop, wanted),
    isRecorded: (guest) => parts.recordings.runningOf(guest) !== undefined,
  });
  const mine = new MyDesktops({
    ...{ store, clock, log, desktops, handout, guests, marked, memberships, homes, lost, away },
    issue: (guest, terms) => parts.displays.issue(guest, terms),
  });
  const pools = new DesktopPools({
    ...{ store, clock, whole: parts.whole, layers: parts.layers },
    guests: async () => (await marked()).filter(({ host }) => away(host) === undefined),
    onChanged: (pool) => keeper.forgive(pool),
  });
  return {
    homes,
    onUse: (listener) => void using.add(listener),
    operations: [end, poolRemove, ...having.operations] as unknown as readonly AnyOperation[],
    async open() {
      await keeper.open();
      rules.open();
    },
    async close() {
      rules.close();
      homes.close();
      await keeper.close();
    },
    service: {
      homes: files,
      mine,
      pools: {
        list: async (sight) => (await pools.list()).filter(({ project }) => sight.sees({ project })),
        get: (id) => pools.get(id),
        create: (body, project) => pools.create(body, project),
        update: (id, body) => pools.update(id, body),
        async remove(pool, { force }) {
          const { project } = await pools.get(pool);
          const options = { targets: [desktopPoolKey(pool)], project };
          return (await engine.start(poolRemove, { pool, force }, options)).operation;
        },
      },
      list: async (query, sight) =>
        (await desktops.list(query)).filter(({ project }) => sight.sees({ project })),
      reports: () =>
        desktops.reports([...known.desktops.values()].filter(({ guest = "" }) => known.guests.has(guest))),
      get: (id) => desktops.get(id),
      end: (id, body) => desktops.endAsked(id, body),
      reset: (id) => desktops.reset(id),
      message: (id, from, text) => desktops.message(id, from, text),
      shadow: (id, body, helper) => helpDesk.shadow(id, body, helper),
      openLine: (id, holder, reader) => helpDesk.openLine(id, holder, reader),
      admit: (intrusion) => intrusions.admit(intrusion),
      files: (id, signal) => helpDesk.files(id, signal),
      file: (id, name, signal) => helpDesk.file(id, name, signal),
    },
  };
}
