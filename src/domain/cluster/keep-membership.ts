/**
 * What a member has to keep right about itself, as long as its daemon runs:
 *
 *   - its record says what version it runs and what it speaks
 *   - its certificate is renewed long before its end, signed by the authority whose key every member can open
 *   - HOME/cluster.json and the open store know who keeps the state, so that it is found again whoever is away
 *   - HOME/cluster/revoked.pem has what holds no more: its etcd reads it at each connection
 */
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { EtcdStore } from "#durable/store/etcd";
import { follow } from "#durable/store/follow";
import { update } from "#durable/store/update";
import type { Members } from "../member/members.ts";
import { memberKey, type MemberRecord } from "../member/record.ts";
import { readClusterFile, writeClusterFile, type ClusterFile } from "./cluster-file.ts";
import { parseDoor } from "./door-address.ts";
import { clusterFolder, etcdUrls } from "./etcd-plan.ts";
import { identityFiles, replace, type HostIdentity } from "./host-identity.ts";
import { revokedKey, type RevokedRecord } from "./records.ts";
import { openAuthority, type TakeInParts } from "./take-in.ts";

export interface KeepMembershipParts extends TakeInParts {
  readonly all: EtcdStore;
  readonly file: ClusterFile;
  readonly identity: HostIdentity;
  readonly members: Pick<Members, "all" | "get" | "onChange">;
  readonly version: string;
  readonly wire: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two looks at the certificate, and after one that failed. */
const hour = 3_600_000;
const soon = 60_000;

export class KeepMembership {
  readonly #parts: KeepMembershipParts;
  readonly #closed = new AbortController();
  #file: ClusterFile;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: KeepMembershipParts) {
    this.#parts = parts;
    this.#file = parts.file;
  }

  get file(): ClusterFile {
    return this.#file;
  }

  open(): void {
    const { identity, members } = this.#parts;
    const { signal } = this.#closed;
    const forget = identity.onChange(() => this.#reconnect());
    signal.addEventListener("abort", forget, { once: true });
    members.onChange(() => this.#follow(), signal);
    this.#follow();
    void this.#again(hour, () => this.#look());
    void this.#again(soon, () => this.#followRevoked());
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#writing;
  }

  async #again(pause: number, work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      let after = pause;
      try {
        await work();
      } catch (error) {
        if (!signal.aborted)
          log.warn({ err: error }, "what this host keeps of its membership is tried again");
        after = soon;
      }
      await clock.sleep(after, signal).catch(() => undefined);
    }
  }

  /** What its record says of itself, and its certificate. */
  async #look(): Promise<void> {
    const { all, file, version, wire, identity, log } = this.#parts;
    const key = memberKey(file.host);
    await update<MemberRecord>(all, key, (own) =>
      !own || (own.version === version && own.wire === wire) ? own : { ...own, version, wire },
    );
    const addresses = [parseDoor(file.address).host];
    if (!identity.isDue(addresses)) return;
    await identity.renew(addresses, async (request) => {
      const { certificate, serial, until } = (await openAuthority(this.#parts)).sign(request);
      const now = this.#parts.clock.now();
      await update<MemberRecord>(
        all,
        key,
        (own) =>
          own && {
            ...own,
            certificates: [...own.certificates.filter((each) => each.until > now), { serial, until }],
          },
      );
      return certificate;
    });
    log.info("this host's certificate was renewed");
  }

  /** Who keeps the state is another one: its own first, then those of others. */
  #follow(): void {
    if (this.#file.etcd.external) return;
    const { members, file } = this.#parts;
    const voters = members.all().filter(({ voter }) => voter);
    const own = voters.filter(({ id }) => id === file.host);
    const others = voters.filter(({ id }) => id !== file.host);
    const endpoints = [...own, ...others].map(({ address }) => etcdUrls(address).client);
    if (endpoints.length === 0 || endpoints.join() === this.#file.etcd.endpoints.join()) return;
    this.#file = { ...this.#file, etcd: { endpoints } };
    this.#writing = this.#writing.then(() => this.#write()).catch(() => undefined);
    this.#reconnect();
  }

  async #write(): Promise<void> {
    const { home, log } = this.#parts;
    try {
      // A host that has left meanwhile has none.
      if (await readClusterFile(home)) await writeClusterFile(home, this.#file);
    } catch (error) {
      log.warn({ err: error }, "who keeps the cluster's state could not be written down");
    }
  }

  #reconnect(): void {
    const { all, identity } = this.#parts;
    if (this.#file.etcd.external) return;
    all.reconnect({ endpoints: this.#file.etcd.endpoints, tls: identity.current() });
  }

  async #followRevoked(): Promise<void> {
    const { all, home } = this.#parts;
    for await (const _told of follow(all, revokedKey, this.#closed.signal)) {
      const revoked = ((await all.get(revokedKey))?.value ?? []) as RevokedRecord;
      const list = (await openAuthority(this.#parts)).revocationList(revoked);
      await replace(identityFiles(clusterFolder(home)).revoked, list, 0o644);
    }
  }
}
