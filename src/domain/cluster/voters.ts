/**
 * Has this host keep the cluster's state where it is to, and no longer where it is not. Each host looks after itself alone,
 * by the same rule (choose-voters.ts); one at a time, since etcd takes in one at a time.
 *
 *   wanted ──► turn ──► learner ──► its etcd starts and catches up ──► promoted ──► members/ID says so
 *   not wanted ──► others are voters in its place ──► taken out of etcd ──► its data is removed
 */
import { hasCode } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import type { EtcdAccess } from "#hypervisor/etcd/access";
import { addLearner, listMembers, peersWith, promoteLearner, removeMember } from "#hypervisor/etcd/members";
import { startEtcd } from "#hypervisor/etcd/server";
import type { Members } from "../member/members.ts";
import { memberKey, type MemberRecord } from "../member/record.ts";
import { chooseVoters } from "./choose-voters.ts";
import { readLevel } from "./level.ts";
import { etcdUrls, keepEtcdPlan, planEtcd, readEtcdPlan, removeEtcd } from "./etcd-plan.ts";
import { clusterKey, type ClusterRecord } from "./records.ts";

export interface VotersParts {
  readonly home: string;
  /** This host's id. */
  readonly host: string;
  /** The whole store. */
  readonly all: Store;
  readonly members: Pick<Members, "all" | "get" | "beat" | "onChange">;
  /** How the cluster's etcd is reached now. */
  readonly access: () => EtcdAccess;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two looks, where nothing is told; and for which a turn lasts that nobody keeps. */
const lookEvery = 5_000;
const turnSeconds = 120;
const turnKey = "cluster/voters-turn";

export class Voters {
  readonly #parts: VotersParts;
  readonly #closed = new AbortController();
  #running: Promise<void> | undefined;

  constructor(parts: VotersParts) {
    this.#parts = parts;
  }

  open(): void {
    this.#running = this.#run();
  }

  /** What etcd is being asked is let end: half of it done is gone on with by the next daemon. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log, members } = this.#parts;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        if (!signal.aborted && !hasCode(error, "store.conflict", "store.unavailable", "store.unsettled"))
          log.warn({ err: error }, "who keeps the cluster's state is not as it is to be yet");
      }
      const told = new AbortController();
      members.onChange(() => told.abort(), AbortSignal.any([signal, told.signal]));
      const either = AbortSignal.any([signal, told.signal]);
      await clock.sleep(lookEvery, either).catch(() => undefined);
      // Beats come all the time, and members one after the other.
      await clock.sleep(500, signal).catch(() => undefined);
    }
  }

  /** Does one thing that is to be done, if there is one. */
  async look(): Promise<void> {
    const { members, host, home, all } = this.#parts;
    const own = members.get(host);
    if (!own) return;
    const candidates = members.all().map((member) => ({
      ...member,
      answers: member.id === host || members.beat(member.id) !== undefined,
    }));
    const wanted = chooseVoters(candidates, (await readLevel(all)).value);
    const has = (await readEtcdPlan(home)) !== undefined;
    if (wanted.has(host) && !(own.voter && has)) await this.#inTurn(() => this.#become(own));
    // Those that take its place have to be there first.
    else if (!wanted.has(host) && (own.voter || has) && [...wanted].every((id) => members.get(id)?.voter))
      await this.#inTurn(() => this.#stepDown());
  }

  async #become({ id, address }: MemberRecord): Promise<void> {
    const { home, all, access, log, clock } = this.#parts;
    const { signal } = this.#closed;
    const cluster = (await all.get(clusterKey))?.value as ClusterRecord | undefined;
    // In an etcd of the user's Lodge has no part.
    if (cluster?.etcdToken === undefined) return;
    const url = etcdUrls(address).peer;
    log.info("this host becomes one of those that keep the cluster's state");
    const added = await addLearner(access(), url, { signal, clock });
    const known = await readEtcdPlan(home);
    // What an earlier member of that address left is of no use to this one.
    if (!known || added.name === "") await removeEtcd(home);
    const members = peersWith(await listMembers(access()), { name: id, url });
    const token = cluster.etcdToken;
    const plan = planEtcd({ home, host: id, address, token, members, state: "existing" });
    await keepEtcdPlan(home, plan);
    await startEtcd(plan);
    if (added.learner) await promoteLearner(access(), added.id, { signal, clock });
    await update<MemberRecord>(all, memberKey(id), (record) => record && { ...record, voter: true });
    log.info("this host keeps the cluster's state, with the others that do");
  }

  async #stepDown(): Promise<void> {
    const { host, home, all, access, log, clock } = this.#parts;
    const own = (await listMembers(access())).find(({ name }) => name === host);
    if (own) await removeMember(access(), own.id, { signal: this.#closed.signal, clock });
    await removeEtcd(home);
    await update<MemberRecord>(all, memberKey(host), (record) => {
      if (!record) return undefined;
      const { voter: _voter, ...rest } = record;
      return rest;
    });
    log.info("this host keeps the cluster's state no more: others do");
  }

  /** One host at a time: where another has its turn, it is looked at again later. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const { all, host } = this.#parts;
    const lease = await all.grantLease(turnSeconds);
    try {
      const compare = [{ key: turnKey, revision: "absent" as const }];
      await all.transact({ compare, put: [{ key: turnKey, value: host, lease }] });
      await work();
    } finally {
      await all.revokeLease(lease).catch(() => undefined);
    }
  }
}
