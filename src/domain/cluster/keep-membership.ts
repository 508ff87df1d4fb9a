/**
 * What a member has to keep right about itself, as long as its daemon runs:
 *
 *   - the cluster's level is raised once all hosts speak more
 *   - its certificate is renewed long before its end, signed by the authority whose key every member can open
 *   - HOME/cluster.json and the open store know who keeps the state, so that it is found again whoever is away
 *   - HOME/cluster/revoked.pem has what holds no more: its etcd reads it at each connection
 */
import { commonWire, wire } from "#contract/wire";
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
import { readExternalTls } from "./external-etcd.ts";
import { raiseLevel } from "./level.ts";
import { identityFiles, replace, type HostIdentity } from "./host-identity.ts";
import { revokedKey, type RevokedRecord } from "./records.ts";
import { openAuthority, type TakeInParts } from "./take-in.ts";

export interface KeepMembershipParts extends TakeInParts {
  readonly all: EtcdStore;
  readonly file: ClusterFile;
  readonly identity: HostIdentity;
  readonly members: Pick<Members, "all" | "get" | "onChange">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two looks at the certificate, and after something that failed. */
const hour = 3_600_000;
const soon = 60_000;
/** Milliseconds that are waited at least, however short the certificate's life is. */
const breath = 1_000;

export class KeepMembership {
  readonly #parts: KeepMembershipParts;
  readonly #closed = new AbortController();
  #file: ClusterFile;
  #writing: Promise<void> = Promise.resolve();
  /** The level that this host knows to be reached. */
  #level = 0;
  /** How an etcd of the user's was reached last. */
  #external: string | undefined;

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
    void this.#again(() => this.#look());
    void this.#again(() => this.#followRevoked());
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#writing;
  }

  /** `work` resolves to the milliseconds after which it is to be done again. */
  async #again(work: () => Promise<number>): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      let after = soon;
      try {
        after = await work();
      } catch (error) {
        if (!signal.aborted)
          log.warn({ err: error }, "what this host keeps of its membership is tried again");
      }
      await clock.sleep(after, signal).catch(() => undefined);
    }
  }

  /** Its certificate. */
  async #look(): Promise<number> {
    const { clock, file, identity } = this.#parts;
    if (file.etcd.external) await this.#followExternal();
    const addresses = [parseDoor(file.address).host];
    if (identity.isDue(addresses)) await this.#renew(addresses);
    return Math.min(hour, Math.max(breath, identity.dueAt(addresses) - clock.now()));
  }

  /** Somebody may have replaced what an etcd of the user's is reached by. */
  async #followExternal(): Promise<void> {
    const { all, home, file } = this.#parts;
    const tls = await readExternalTls(home);
    const known = JSON.stringify(tls ?? {});
    if (this.#external !== undefined && this.#external !== known)
      all.reconnect({ endpoints: file.etcd.endpoints, ...(tls ? { tls } : {}) });
    this.#external = known;
  }

  async #renew(addresses: readonly string[]): Promise<void> {
    const { all, file, identity, log } = this.#parts;
    const key = memberKey(file.host);
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

  #follow(): void {
    this.#followVoters();
    const { all, members, log } = this.#parts;
    const common = commonWire(members.all(), wire);
    if (common <= this.#level) return;
    raiseLevel(all, wire).then(
      (reached) => (this.#level = reached),
      (error: unknown) => log.warn({ err: error }, "the level of the cluster's records is not raised yet"),
    );
  }

  /** Who keeps the state is another one: its own first, then those of others. */
  #followVoters(): void {
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

  async #followRevoked(): Promise<number> {
    const { all, home } = this.#parts;
    for await (const _told of follow(all, revokedKey, this.#closed.signal)) {
      const revoked = ((await all.get(revokedKey))?.value ?? []) as RevokedRecord;
      const list = (await openAuthority(this.#parts)).revocationList(revoked);
      await replace(identityFiles(clusterFolder(home)).revoked, list, 0o644);
    }
    return soon;
  }
}
