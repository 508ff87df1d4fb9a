/**
 * Makes networks one over the hosts of a cluster: follows who is where and what lies between the hosts, and brings this
 * host after it.
 *
 *     guests/ of all hosts ─┐                 ┌─► the overlay: tunnels, and who is behind them
 *     networks/            ─┤   what is told  ├─► networks that other hosts made, changed or removed
 *     cluster/underlay     ─┼─► waits, and is ┼─► names and reservations of guests elsewhere, their published ports
 *     underlays/, members/ ─┘   done at once  └─► the guard, which knows them by name
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { SerialQueue } from "#base/queue";
import { LodgeError } from "#contract/errors";
import type { Underlay } from "#contract/schema/network";
import { take, type Followed } from "#durable/store/follow";
import { keepUp } from "#durable/store/keep-up";
import type { Store } from "#durable/store/store";
import { mayAdministerNetwork } from "#hypervisor/net/capabilities";
import { ipBatch, links } from "#hypervisor/net/ip";
import { findInputBlockers, wayTo, type InputBlocker, type Way } from "#hypervisor/net/overlay/look";
import { ensureWireguard, removeWireguard } from "#hypervisor/net/overlay/wireguard";
import { firewallPrefix } from "../../firewall/record.ts";
import type { MemberRecord } from "../../member/record.ts";
import type { Member } from "../member.ts";
import type { Networks } from "../networks.ts";
import { idOf, networkId, networkPrefix, type NetworkRecord } from "../record.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { KnownHere } from "./known-here.ts";
import { ends, overlayPlan, spanMtu, spans, type Between, type Spanned } from "./plan.ts";
import {
  underlayHostKey,
  underlayKey,
  underlayPrefix,
  type UnderlayHost,
  type UnderlayRecord,
} from "./record.ts";
import { ownKey } from "./wireguard-key.ts";

export interface SpanningParts {
  /** All there is. */
  readonly all: Store;
  readonly tag: string;
  /** This host's id, and "HOST:PORT" of its peer door. */
  readonly self: string;
  readonly address: string;
  readonly members: {
    all(): readonly MemberRecord[];
    onChange(listener: () => void, signal: AbortSignal): void;
  };
  readonly networks: Networks;
  readonly elsewhere: Elsewhere;
  /** Below which guests' records are. */
  readonly guestPrefix: string;
  /** File for this host's key. */
  readonly keyFile: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** False: nothing is to be done about it. */
type Hear = (told: Followed) => void | Promise<boolean>;

export interface SpanLook {
  readonly kind: Underlay["kind"];
  readonly mtu: number | undefined;
  readonly blockers: readonly InputBlocker[];
  readonly ways: readonly { readonly host: string; readonly bytes: number; readonly way: Way }[];
}

export class Spanning {
  readonly #parts: SpanningParts;
  readonly #known: KnownHere;
  readonly #queue = new SerialQueue();
  readonly #closed = new AbortController();
  #waiting: Promise<void> | undefined;
  #kind: Underlay["kind"] = "none";
  readonly #hosts = new Map<string, UnderlayHost>();
  /** As they were when this host was last brought after them. */
  #networks = new Map<string, { readonly text: string; readonly record: NetworkRecord }>();
  #records = new Map<string, NetworkRecord>();
  /** Guests that were elsewhere a moment ago. */
  readonly #came = new Set<string>();
  #said = "";
  /** Undefined: an earlier daemon may have left it so. */
  #encrypted: boolean | undefined;

  constructor(parts: SpanningParts) {
    this.#parts = parts;
    this.#known = new KnownHere(parts.networks, parts.elsewhere);
  }

  /** Resolves once this host is as all others are told that it is. */
  async open(): Promise<void> {
    const { members, guestPrefix } = this.#parts;
    if (!(await mayAdministerNetwork())) return;
    const { signal } = this.#closed;
    await Promise.all([
      this.#follow(guestPrefix, (told) => this.#guests(told)),
      this.#follow(networkPrefix, (told) => take(told, networkPrefix, this.#records)),
      this.#follow(underlayPrefix, (told) => take(told, underlayPrefix, this.#hosts)),
      this.#follow(underlayKey, (told) => this.#setting(told)),
      // Rules of groups that another host changed: the guard reads them.
      this.#follow(firewallPrefix, () => undefined),
    ]);
    // What networks.open() has set up is as it should be.
    for (const record of this.#records.values()) this.#noteNetwork(record);
    members.onChange(() => this.#soon(), signal);
    await this.refresh();
  }

  close(): void {
    this.#closed.abort();
  }

  /** What lies between the hosts as it is known here. */
  between(): Between {
    const { tag, self, members } = this.#parts;
    const able = members.all().filter(({ witness }) => !witness);
    const hosts = able.flatMap(({ id }) => {
      const found = this.#hosts.get(id);
      return found ? [[id, found] as const] : [];
    });
    return { tag, self, kind: this.#kind, hosts: new Map(hosts) };
  }

  /** Of what guests' records say most is nothing to networks. */
  async #guests(told: Followed): Promise<boolean> {
    const { elsewhere } = this.#parts;
    const touched = await elsewhere.take(told);
    // Whoever is nowhere else any more may be here.
    for (const id of touched) if (!elsewhere.has(id)) this.#came.add(id);
    return touched.length > 0;
  }

  #setting(told: Followed): void {
    const found = new Map<string, UnderlayRecord>();
    take(told, underlayKey, found);
    const said = found.get("");
    const gone =
      told.type === "all" || told.events.some(({ type, key }) => type === "delete" && key === underlayKey);
    if (said) this.#kind = said.kind;
    else if (gone) this.#kind = "none";
  }

  #follow(prefix: string, hear: Hear): Promise<void> {
    const { all, clock, log } = this.#parts;
    let begun = false;
    const heard = async (told: Followed) => {
      const matters = await hear(told);
      if (begun && matters !== false) this.#soon();
      begun = true;
    };
    const missed = "what other hosts have is read again";
    return keepUp({ store: all, clock, log }, { prefix, hear: heard, missed }, this.#closed.signal);
  }

  #soon(): void {
    const { log } = this.#parts;
    this.refresh().catch((error: unknown) =>
      log.warn({ err: error }, "networks are not as other hosts have them for now"),
    );
  }

  /** Resolves when this host is as all was told at some moment after the call. */
  refresh(): Promise<void> {
    if (this.#closed.signal.aborted) return Promise.resolve();
    this.#waiting ??= this.#queue.run(() => {
      this.#waiting = undefined;
      return this.#apply();
    });
    return this.#waiting;
  }

  async #apply(): Promise<void> {
    const { networks } = this.#parts;
    const between = this.between();
    await this.#followNetworks();
    await networks.setSpan(spanMtu(between));
    const whole = await networks.whole();
    // What guests wait for first.
    await this.#overlay(between, whole);
    await this.#receive();
    await networks.guard.refresh();
    await this.#known.reserve(whole);
    await this.#known.publish();
    await this.#introduce();
  }

  async #overlay(between: Between, whole: readonly Spanned[]): Promise<void> {
    const { networks, elsewhere, keyFile, tag, self } = this.#parts;
    const own = between.hosts.get(self);
    const plan = overlayPlan(between, whole, elsewhere.all());
    if (between.kind === "wireguard" && own) {
      const peers = [...between.hosts].flatMap(([id, { publicKey, address }]) =>
        id === self || publicKey === undefined ? [] : [{ id, publicKey, address }],
      );
      const { address: underlay, mtu: underlayMtu } = own;
      await ensureWireguard({ tag, self, peers, keyFile, underlay, underlayMtu }, { links, ipBatch });
    }
    await networks.alone(() => (plan ? networks.overlay.apply(plan) : networks.overlay.remove()));
    if (between.kind !== "wireguard" && this.#encrypted !== false)
      await removeWireguard(tag, { links, ipBatch });
    this.#encrypted = between.kind === "wireguard";
  }

  /** Guests that have come from other hosts: what is meant for them comes here from now on. */
  async #receive(): Promise<void> {
    const { networks } = this.#parts;
    const came = [...this.#came];
    this.#came.clear();
    if (came.length === 0) return;
    for (const member of await networks.membersHere())
      if (came.includes(member.id) && member.process !== undefined) await networks.arrived(member);
  }

  /** Networks as other hosts made, changed and removed them. */
  async #followNetworks(): Promise<void> {
    const { networks, log } = this.#parts;
    for (const [id, record] of this.#records) {
      if (record.removing || this.#networks.get(id)?.text === textOf(record)) continue;
      this.#noteNetwork(record);
      // Why not is remembered, and told of.
      await networks
        .raise(record)
        .catch((error: unknown) => log.warn({ err: error, id }, "a network is not here"));
    }
    for (const [id, { record }] of this.#networks) {
      if (this.#records.has(id)) continue;
      await networks.clear(record);
      this.#networks.delete(id);
    }
  }

  #noteNetwork(record: NetworkRecord): void {
    this.#networks.set(idOf(record), { text: textOf(record), record });
  }

  /** Says to the others how this host is reached, and which networks it lacks. */
  async #introduce(): Promise<void> {
    const { all, self, networks, keyFile } = this.#parts;
    const address = await this.#address();
    const device = (await links()).find(({ addr_info }) => addr_info?.some(({ local }) => local === address));
    const publicKey = await ownKey(keyFile);
    const problems = networks.problems;
    const value: UnderlayHost = {
      address,
      mtu: device?.mtu ?? 1500,
      ...(publicKey === undefined ? {} : { publicKey }),
      ...(Object.keys(problems).length > 0 ? { problems } : {}),
    };
    const said = JSON.stringify(value);
    if (said === this.#said) return;
    const key = underlayHostKey(self);
    if (JSON.stringify((await all.get(key))?.value) !== said) await all.transact({ put: [{ key, value }] });
    this.#said = said;
  }

  async #address(): Promise<string> {
    const { hostname } = new URL(`https://${this.#parts.address}`);
    const host = hostname.replace(/^\[|\]$/g, "");
    return isIP(host) === 0 ? (await lookup(host)).address : host;
  }

  /** A guest went from this host: its host took its names away, and is to have them again where it is elsewhere. */
  async left({ nics }: Pick<Member, "nics">): Promise<void> {
    const { networks } = this.#parts;
    this.#known.forget(nics.map(({ mac }) => mac));
    const addresses = nics.flatMap(({ address, address6 }) => [address ?? [], address6 ?? []].flat());
    await networks.alone(() => networks.overlay.takeFlows(addresses, []));
    await this.refresh();
  }

  /**
   * That a guest's neighbours find it on another host too.
   *
   * @throws LodgeError network.no_underlay
   */
  requireSpan({ project, nics }: Pick<Member, "project" | "nics">): void {
    if (ends(this.between())) return;
    for (const { network } of nics) {
      const record = this.#records.get(networkId(project, network));
      if (record && spans(record.kind)) throw new LodgeError("network.no_underlay", { network });
    }
  }

  shown(): Underlay {
    const between = this.between();
    const mtu = spanMtu(between);
    const able = this.#parts.members.all().filter(({ witness }) => !witness);
    return {
      kind: this.#kind,
      ...(mtu === undefined ? {} : { mtu }),
      hosts: able.map(({ id, name }) => {
        const found = between.hosts.get(id);
        return {
          name,
          ...(found ? { address: found.address, mtu: found.mtu } : {}),
          wireguard: found?.publicKey !== undefined,
        };
      }),
    };
  }

  /** What is in the way of other hosts' frames, and of long ones. Takes a second or two. @throws LodgeError host.command_* */
  async look(): Promise<SpanLook> {
    const between = this.between();
    const { self, members } = this.#parts;
    const own = between.hosts.get(self);
    const others = [...between.hosts].filter(([id]) => id !== self && between.kind !== "none");
    const ways = others.map(async ([id, { address, mtu }]) => {
      const bytes = Math.min(mtu, own?.mtu ?? mtu);
      const host = members.all().find((member) => member.id === id)?.name ?? id;
      return { host, bytes, way: await wayTo(address, bytes) };
    });
    const blockers = ends(between) ? await findInputBlockers() : [];
    return { kind: between.kind, mtu: spanMtu(between), blockers, ways: await Promise.all(ways) };
  }

  /** @throws LodgeError network.wireguard_missing, store.* */
  async setKind(kind: Underlay["kind"]): Promise<void> {
    const lack = this.shown().hosts.filter(({ wireguard }) => !wireguard);
    if (kind === "wireguard" && lack.length > 0)
      throw new LodgeError("network.wireguard_missing", { hosts: lack.map(({ name }) => name).join(", ") });
    const value: UnderlayRecord = { kind };
    await this.#parts.all.transact({ put: [{ key: underlayKey, value }] });
    this.#kind = kind;
    await this.refresh();
  }

  /** The hosts that a network spans, with what keeps it from one. */
  hostsOf(record: NetworkRecord): { readonly name: string; readonly problem?: string }[] | undefined {
    const { members } = this.#parts;
    const between = this.between();
    if (!spans(record.kind) || !ends(between)) return undefined;
    return members.all().flatMap(({ id, name }) => {
      const host = between.hosts.get(id);
      const problem = host?.problems?.[idOf(record)];
      return host ? [{ name, ...(problem === undefined ? {} : { problem }) }] : [];
    });
  }
}

/** What of a record is about the host. */
const textOf = ({ description: _, firewalls: _groups, ...record }: NetworkRecord): string =>
  JSON.stringify(record);
