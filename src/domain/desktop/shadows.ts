/**
 * Looking on at somebody's desktop, as its pool allows it.
 *
 *   asked ──► consents.ts, or a notice alone ──► a ticket, of the display alone ──► looks on, and every page of the user's says so
 *                                                   │                                  │
 *                                                   └────── void, or disconnected ◄────┴── its user says stop, the desktop ends,
 *                                                                                          or the supporter may not any more
 */
import { LodgeError } from "#contract/errors";
import type { DesktopShadow, DesktopShadowing } from "#contract/schema/desktop";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import type { Store } from "#durable/store/store";
import type { Displays } from "../console/displays.ts";
import type { Watching } from "../console/watchers.ts";
import { guestKey, type GuestRecord } from "../guest/record.ts";
import type { EventLog } from "../host/events.ts";
import type { Consents } from "./consents.ts";
import type { DesktopLines } from "./lines.ts";
import { policyOf } from "./my-desktops.ts";
import { obstacleOf, openDesktop } from "./obstacle.ts";
import { desktopById, findDesktop, poolById } from "./record.ts";

export interface ShadowsParts {
  readonly store: Store;
  readonly displays: Pick<Displays, "issue" | "watchers">;
  readonly lines: DesktopLines;
  readonly consents: Consents;
  readonly events: Pick<EventLog, "append">;
}

/** Whoever wants to look on. */
export interface Supporter {
  readonly holder: string;
  /** What he is called. */
  readonly name: string;
  readonly address?: string;
  /** Why he may not any more; undefined where he may. */
  readonly obstacle: () => Promise<LodgeError | undefined>;
  /** Aborted when he waits no more. */
  readonly signal: AbortSignal;
}

type Shadowed = Extract<DesktopLineFromServer, { readonly type: "shadowed" }>;

export class Shadows {
  readonly #parts: ShadowsParts;
  /** Counts how often a desktop's user said stop: what was given before opens nothing any more. */
  readonly #stops = new Map<string, number>();

  constructor(parts: ShadowsParts) {
    this.#parts = parts;
    parts.displays.watchers.onChange((guest, who, came) => {
      if (who.shadow) void this.#changed(guest, who, came);
    });
  }

  /**
   * Answers once it may be looked on.
   * @throws LodgeError desktop.not_found, .not_allowed, .not_ready, .nobody_there, .refused
   */
  async ask(id: string, { control = false }: DesktopShadow, supporter: Supporter): Promise<DesktopShadowing> {
    const { store, displays, consents } = this.#parts;
    const desktop = await desktopById(store, id);
    const pool = await poolById(store, desktop.pool);
    const { shadow } = policyOf(pool);
    if (shadow === "never")
      throw new LodgeError("desktop.not_allowed", { pool: pool.name, what: "looking on" });
    const { guest } = desktop;
    if (guest === undefined) throw new LodgeError("desktop.not_ready", { reason: "it is being prepared" });
    if (shadow === "consent") {
      const yes = await consents.ask(id, { by: supporter.name, control }, supporter.signal);
      if (!yes) throw new LodgeError("desktop.refused", { user: desktop.userName });
    }
    const { holder, name: user, address } = supporter;
    const stops = this.#stops.get(id) ?? 0;
    const { ticket, expiresAt } = await displays.issue(guest, {
      holder,
      user,
      ...(address === undefined ? {} : { address }),
      viewOnly: !control,
      desktop: { id, shadow: true, power: false, uses: ["display"] },
      obstacle: async () => (await supporter.obstacle()) ?? this.#obstacle(id, stops),
    });
    return {
      desktop: id,
      guest,
      control,
      consent: shadow === "consent",
      ticket,
      expiresAt: new Date(expiresAt).toISOString(),
    };
  }

  /** Its user says stop, which asks no store: it counts also where that does not answer. */
  end(id: string, guest: string): void {
    this.#stops.set(id, (this.#stops.get(id) ?? 0) + 1);
    const { watchers } = this.#parts.displays;
    watchers.end(guest, ({ shadow }) => shadow, new LodgeError("desktop.shadow_ended"));
  }

  /** The desktop is there no more. */
  forget(id: string): void {
    this.#stops.delete(id);
  }

  /** Who looks on at a guest, as its user's pages are told. */
  of(guest: string | undefined): Shadowed {
    const all = guest === undefined ? [] : this.#parts.displays.watchers.of(guest);
    const by = all.filter(({ shadow }) => shadow).map(({ user, control }) => ({ user, control }));
    return { type: "shadowed", by };
  }

  async #obstacle(id: string, stops: number): Promise<LodgeError | undefined> {
    if ((this.#stops.get(id) ?? 0) !== stops) return new LodgeError("desktop.shadow_ended");
    return obstacleOf(() => openDesktop(this.#parts.store, id));
  }

  async #changed(guest: string, who: Watching, came: boolean): Promise<void> {
    const { store, lines, events } = this.#parts;
    const id = who.desktop;
    if (id === undefined) return;
    lines.send(id, this.of(guest));
    const [desktop, record] = await Promise.all([
      findDesktop(store, id),
      store.get(guestKey(guest)).then((item) => item?.value as GuestRecord | undefined),
    ]).catch(() => []);
    const how = who.control ? "with keys and pointer" : "and touches nothing";
    const whose = `the desktop of ${desktop?.userName ?? "somebody"} (${id})`;
    events.append({
      kind: came ? "desktop.shadowed" : "desktop.shadow_ended",
      message: came
        ? `${who.user} looks on at ${whose} ${how}`
        : `${who.user} does not look on at ${whose} any more`,
      ...(record ? { guest: record } : {}),
    });
  }
}
