/** What each person does with the desktops that he may have. */
import { hasCode, LodgeError } from "#contract/errors";
import type {
  Desktop,
  DesktopConnect,
  DesktopConnection,
  DesktopOffer,
  DesktopTicket,
  LostWith,
} from "#contract/schema/desktop";
import type { DesktopPolicy } from "#contract/schema/desktop-pool";
import type { Guest } from "#contract/schema/guest";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import { actorName, holderOf, type Actor } from "../access/actor.ts";
import type { Memberships } from "../access/memberships.ts";
import type { Grant, IssuedTicket, Use } from "../console/tickets.ts";
import type { Guests } from "../guest/guests.ts";
import type { Desktops } from "./desktops.ts";
import { isEntitled, personOf, type Person } from "./entitled.ts";
import type { Handout } from "./handout.ts";
import type { Homes } from "./homes.ts";
import { openingAt } from "./hours.ts";
import type { LostDesktops } from "./lost.ts";
import { obstacleOf, openDesktop } from "./obstacle.ts";
import { isConnected } from "./pools.ts";
import {
  desktopById,
  desktopOf,
  findDesktop,
  listDesktops,
  listPools,
  poolById,
  type DesktopRecord,
  type PoolRecord,
} from "./record.ts";
import { howItStands } from "./shown.ts";

/** Whoever asks, as long as he may. */
export interface Asker {
  readonly actor: Actor;
  /** Where he asks from. */
  readonly address?: string | undefined;
  /** Why he is not let in any more; undefined where he is. */
  readonly obstacle: () => Promise<LodgeError | undefined>;
}

export interface MyDesktopsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly desktops: Desktops;
  readonly handout: Handout;
  readonly homes: Pick<Homes, "take">;
  readonly lost: Pick<LostDesktops, "release">;
  readonly log: Log;
  readonly guests: Pick<Guests, "restart">;
  /** All guests of desktop pools, on whichever host. */
  readonly marked: () => Promise<readonly Guest[]>;
  /** The host of that name, where it does not answer. */
  readonly away: (host: string | undefined) => LostWith | undefined;
  readonly memberships: (actor: Actor) => Promise<Memberships | undefined>;
  readonly issue: (guest: string, terms: Omit<Grant, "guest">) => Promise<IssuedTicket>;
}

/** Seconds that a desktop is waited for, where nobody says how long. */
const patience = 20;

export class MyDesktops {
  readonly #parts: MyDesktopsParts;

  constructor(parts: MyDesktopsParts) {
    this.#parts = parts;
  }

  async list({ actor }: Asker): Promise<DesktopOffer[]> {
    const { store, marked } = this.#parts;
    const [who, pools, desktops, guests] = await Promise.all([
      this.#person(actor),
      listPools(store),
      listDesktops(store),
      marked(),
    ]);
    const entitled = pools.filter((pool) => isEntitled(pool.entitled, who));
    return entitled
      .map((pool) => this.#offer(pool, who, desktops, guests))
      .sort((a, b) => a.title.localeCompare(b.title));
  }

  #offer(
    pool: PoolRecord,
    who: Person,
    desktops: readonly DesktopRecord[],
    guests: readonly Guest[],
  ): DesktopOffer {
    const { open, changesAt } = openingAt(pool.hours, this.#parts.clock.now());
    const own = desktops.find((one) => one.pool === pool.id && one.user === who.id && !one.ending);
    const guest = own && guests.find(({ id }) => id === own.guest);
    const ready = guests.some(
      ({ desktop, host }) =>
        desktop?.pool === pool.id &&
        desktop.state === "standby" &&
        desktop.revision === pool.revision &&
        this.#parts.away(host) === undefined,
    );
    const taken = desktops.filter((one) => one.pool === pool.id && !one.ending).length;
    const full = !own && pool.most !== undefined && taken >= pool.most;
    const stands = own
      ? howItStands(own, guest, this.#parts.away(guest?.host))
      : ({ state: "none" } as const);
    const change = changesAt === undefined ? undefined : new Date(changesAt).toISOString();
    return {
      id: pool.id,
      pool: pool.name,
      project: pool.project,
      title: pool.title,
      description: pool.description,
      keeps: pool.keeps,
      policy: policyOf(pool),
      ...stands,
      ...(own ? { desktop: own.id } : {}),
      connected: own !== undefined && isConnected(own),
      ready: own ? stands.state === "ready" && guest?.state === "running" : ready,
      ...(full ? { full } : {}),
      ...(change === undefined ? {} : open ? { closesAt: change } : { opensAt: change }),
    };
  }

  /** @throws LodgeError desktop_pool.not_found, desktop_pool.closed, desktop_pool.full, desktop.not_ready */
  async connect(ref: string, asked: DesktopConnect, asker: Asker): Promise<DesktopConnection> {
    const { clock, desktops } = this.#parts;
    const who = await this.#person(asker.actor);
    const pool = await this.#entitledPool(ref, who);
    const { open, changesAt } = openingAt(pool.hours, clock.now());
    if (!open) {
      const opens = changesAt === undefined ? "another day" : new Date(changesAt).toISOString();
      throw new LodgeError("desktop_pool.closed", { pool: pool.title, opens });
    }
    const desktop = await this.#given(pool, who, asked.wait ?? patience);
    if (!desktop) return this.#preparing(pool, who);
    if (pool.keeps === "home") this.#takeHome(desktop, pool);
    const { ticket, expiresAt } = await this.#issue(desktop, pool, asker);
    // Nobody goes for a ticket that there is none of.
    const takesOver = (asked.takeOver ?? true) || pool.policy.share === false;
    if (takesOver) desktops.takeOver(desktop);
    return {
      desktop: await desktops.get(desktop.id),
      policy: policyOf(pool),
      ticket,
      expiresAt: new Date(expiresAt).toISOString(),
    };
  }

  /** The picture does not wait for it: until it is there, nobody's hands get to the guest. */
  #takeHome(desktop: DesktopRecord, pool: PoolRecord): void {
    const { homes, log } = this.#parts;
    homes.take(desktop, pool).catch((error: unknown) => {
      if (!hasCode(error, "api.stopping"))
        log.warn({ err: error, desktop: desktop.id }, "a desktop's home is not there");
    });
  }

  /** Another one, for what is opened later. @throws LodgeError desktop.not_found, desktop.not_ready */
  async ticket(id: string, asker: Asker): Promise<DesktopTicket> {
    const desktop = await desktopById(this.#parts.store, id);
    const pool = await poolById(this.#parts.store, desktop.pool);
    await this.#requireHis(asker, id, pool.id);
    if (desktop.guest === undefined)
      throw new LodgeError("desktop.not_ready", { reason: "it is being prepared" });
    const { ticket, expiresAt } = await this.#issue(desktop, pool, asker);
    return { ticket, expiresAt: new Date(expiresAt).toISOString(), viewOnly: false };
  }

  #issue(desktop: DesktopRecord, pool: PoolRecord, asker: Asker): Promise<IssuedTicket> {
    const { actor, address } = asker;
    return this.#parts.issue(desktop.guest!, {
      holder: holderOf(actor),
      user: actorName(actor),
      ...(address === undefined ? {} : { address }),
      viewOnly: false,
      desktop: { id: desktop.id, shadow: false, power: pool.policy.power ?? true, uses: usesOf(pool) },
      ports: pool.policy.ports ?? [],
      obstacle: () => this.#obstacle(asker, desktop.id, pool.id),
    });
  }

  /** Undefined: it is not there in that time, and goes on being made. */
  async #given(pool: PoolRecord, who: Person, seconds: number): Promise<DesktopRecord | undefined> {
    const given = this.#parts.handout.give(pool, who);
    const enough = new AbortController();
    const late = this.#parts.clock.sleep(seconds * 1000, enough.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([given, late]);
    } finally {
      enough.abort();
    }
  }

  async #preparing(pool: PoolRecord, who: Person): Promise<DesktopConnection> {
    const own = await desktopOf(this.#parts.store, pool.id, who.id);
    if (!own) throw new LodgeError("desktop.not_ready", { reason: "others are being made before it" });
    const desktop = await this.#parts.desktops.get(own.id);
    return { desktop, policy: policyOf(pool), progress: "your desktop is being prepared" };
  }

  /** Why he may not have anything of it any more; that it ends, whoever has it is told. */
  async obstacle(id: string, asker: Asker): Promise<LodgeError | undefined> {
    const desktop = await findDesktop(this.#parts.store, id);
    const refused = desktop && (await this.#obstacle(asker, id, desktop.pool));
    return refused?.code === "desktop.not_found" ? undefined : refused;
  }

  /** What he was let in by, once more: he is signed in, it is his, and he is entitled to it. */
  async #obstacle(asker: Asker, id: string, pool: string): Promise<LodgeError | undefined> {
    return (await asker.obstacle()) ?? obstacleOf(() => this.#requireHis(asker, id, pool));
  }

  /** @throws LodgeError desktop.not_found, desktop_pool.not_found */
  async #requireHis({ actor }: Asker, id: string, pool: string): Promise<void> {
    const { store } = this.#parts;
    const desktop = await openDesktop(store, id);
    const [who, { entitled }] = await Promise.all([this.#person(actor), poolById(store, pool)]);
    if (!isEntitled(entitled, who) || desktop.user !== who.id)
      throw new LodgeError("desktop_pool.not_found", { pool });
  }

  /** @throws LodgeError desktop.lost, desktop.home_away, desktop.not_ready */
  async signOff(ref: string, { actor }: Asker): Promise<Desktop> {
    const { own, pool } = await this.#own(ref, actor);
    await this.#parts.lost.release(own, pool);
    return this.#parts.desktops.end(own.id, "signed-off");
  }

  /** @throws LodgeError desktop.not_allowed */
  async restart(ref: string, { actor }: Asker): Promise<Desktop> {
    const { own, pool } = await this.#own(ref, actor);
    requirePower(pool, "restarting it");
    await this.#parts.guests.restart(own.guest!, {});
    return this.#parts.desktops.get(own.id);
  }

  /** @throws LodgeError desktop.not_allowed */
  async reset(ref: string, { actor }: Asker): Promise<Desktop> {
    const { own, pool } = await this.#own(ref, actor);
    requirePower(pool, "resetting it");
    return this.#parts.desktops.reset(own.id);
  }

  #person(actor: Actor): Promise<Person> {
    return personOf(actor, this.#parts.memberships);
  }

  /** By the pool's id or, where that is one alone of those that he may have, its name. @throws LodgeError desktop_pool.not_found */
  async #entitledPool(ref: string, who: Person): Promise<PoolRecord> {
    const own = (await listPools(this.#parts.store)).filter((pool) => isEntitled(pool.entitled, who));
    const named = own.filter(({ name }) => name === ref);
    const found = own.find(({ id }) => id === ref) ?? (named.length === 1 ? named[0] : undefined);
    if (!found) throw new LodgeError("desktop_pool.not_found", { pool: ref });
    return found;
  }

  /** @throws LodgeError desktop_pool.not_found, desktop.not_found */
  async #own(ref: string, actor: Actor): Promise<{ readonly own: DesktopRecord; readonly pool: PoolRecord }> {
    const who = await this.#person(actor);
    const pool = await this.#entitledPool(ref, who);
    const own = await desktopOf(this.#parts.store, pool.id, who.id);
    if (!own) throw new LodgeError("desktop.not_found", { desktop: `of ${pool.name}` });
    return { own, pool };
  }
}

/** What a ticket opens, each once. */
const usesOf = ({ policy: { files = "both", ports = [] } }: PoolRecord): Use[] => [
  "display",
  "sound",
  ...(files === "both" || files === "in" ? (["drop"] as const) : []),
  ...(ports.length > 0 ? (["port"] as const) : []),
];

function requirePower({ name, policy }: PoolRecord, what: string): void {
  if (policy.power === false) throw new LodgeError("desktop.not_allowed", { pool: name, what });
}

/** With what it says by default. */
export const policyOf = ({ policy }: PoolRecord): DesktopPolicy => ({
  clipboard: "both",
  files: "both",
  power: true,
  share: true,
  shadow: "consent",
  record: false,
  watermark: false,
  ports: [],
  monitors: 1,
  ...policy,
});
