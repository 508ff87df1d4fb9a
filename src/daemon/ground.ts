/** What a daemon stands on before anything of its guests is touched: its home, its records, this computer and its networks. */
import { hostname } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import type { Log } from "#base/log";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { WholeStore } from "#durable/store/whole-store";
import { Access } from "#domain/access/access";
import { settleMoves } from "#domain/guest/migrate/arrivals";
import { guestPrefix, listGuests, type GuestRecord } from "#domain/guest/record";
import { EventLog } from "#domain/host/events";
import { ensureTag } from "#domain/host/this-host";
import { Networks } from "#domain/network/networks";
import { Elsewhere } from "#domain/network/spanning/elsewhere";
import { tellHappenings } from "#domain/view/happenings";
import { Views } from "#domain/view/views";
import { openGroups } from "#hypervisor/cpu/open-groups";
import { setPrecedence } from "#hypervisor/cpu/precedence";
import { isPortFree } from "#hypervisor/net/ports";
import type { DaemonOptions, Ending } from "./options.ts";
import { openCells } from "./cells.ts";
import { outboundOf } from "./outbound.ts";
import { readComputer } from "./computer.ts";
import { openHostState } from "./host-state.ts";
import { networksFolder } from "./log-files.ts";
import { openMembership } from "./membership.ts";
import { openSpanning } from "./open-spanning.ts";
import { prepareHome } from "./prepare-home.ts";
import { readVersion } from "./version.ts";

/** Guests that have networks before the fleet knows them. */
export interface KnownGuests {
  /** As the earlier daemon left them: nobody changes one until they are adopted, and there may be ten thousand. */
  left: readonly GuestRecord[] | undefined;
  /** Those that are on their way here: what is wired for them is theirs. */
  coming: () => readonly GuestRecord[];
}

/** Its home and its records, and what is known of the computer. */
async function openBase(options: DaemonOptions, log: Log) {
  const { paths, logs, release } = await prepareHome(options.home, log);
  // Whoever asks for a guest waits for the daemon first.
  setPrecedence(process.pid, "daemon");
  const clock = systemClock;
  const startedAt = clock.now();
  const version = await readVersion();
  const halt = Promise.withResolvers<Ending>();
  const onFenced = () => halt.resolve("fenced");
  const state = await openHostState({ paths, clock, log, onFenced, version });
  const { store, member } = state;
  const tag = await ensureTag(store);
  const computer = await readComputer({ home: paths.home, store, clock, name: member?.name });
  const events = new EventLog(join(paths.logs, "events.jsonl"), clock, member?.name);
  return { log, paths, logs, release, clock, startedAt, version, halt, ...state, tag, computer, events };
}

type Base = Awaited<ReturnType<typeof openBase>>;

/** @throws LodgeError api.daemon_running, store.unavailable, host.command_missing */
export async function openGround(options: DaemonOptions, log: Log) {
  const base = await openBase(options, log);
  const { all, store, member, key, tag, paths, clock, events, computer } = base;
  const network = await openNetworks(base);
  const registry = new OperationRegistry();
  const engine = new OperationEngine({ store, registry, clock, log });
  const views = new Views(all, events, member?.host);
  await views.open();
  const whole = member ? new WholeStore(all, views.whereabouts) : store;
  const may = outboundOf(store, network.networks);
  const access = new Access({ store, clock, key, title: `Lodge ${hostname()}`, may });
  tellHappenings(views, events);
  const groups = openGroups(tag);
  const cells = await openCells(computer.features.binary, options.withoutCells ?? false, log);
  const quorum = base.etcd?.quorum;
  const membership =
    member && quorum && (await openMembership({ member, all, quorum, home: paths.home, clock, log }));
  return { ...base, ...network, registry, engine, views, whole, access, groups, cells, membership };
}

async function openNetworks({ all, store, member, tag, paths, clock, log }: Base) {
  if (member) await settleMoves(store, member.host);
  const known: KnownGuests = { left: await listGuests(store), coming: () => [] };
  const elsewhere = member && new Elsewhere(member.host, isPortFree);
  await elsewhere?.take({ type: "all", ...(await all.list(guestPrefix)) });
  const networks: Networks = new Networks({
    store,
    tag,
    folder: networksFolder(paths),
    members: async () => [...(known.left ?? (await listGuests(store))), ...known.coming()],
    elsewhere,
    onReleased: async (guest) => spanning?.left(guest),
    requireSpan: (guest) => spanning?.requireSpan(guest),
  });
  await networks.open();
  const spanning =
    member && elsewhere
      ? await openSpanning({ member, all, networks, elsewhere, tag, clock, log, home: paths.home })
      : undefined;
  return { known, networks, spanning };
}

export type Ground = Awaited<ReturnType<typeof openGround>>;
