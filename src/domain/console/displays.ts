/** Guests' displays and who watches them; and the tickets that open them, and serial consoles. */
import { LodgeError } from "#contract/errors";
import type { DropStart } from "#contract/stream";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import { access } from "node:fs/promises";
import type { Duplex, Readable } from "node:stream";
import { innerStream } from "#base/inner-stream";
import { followTo } from "../guest/far-end.ts";
import type { Fleet } from "../guest/fleet.ts";
import { requireNoDesktop } from "../guest/looked-at.ts";
import { guestPlace } from "../guest/place.ts";
import { displayDefaults, guestById, guestKey, type GuestRecord } from "../guest/record.ts";
import { requireAction } from "../guest/state.ts";
import { arrangeMonitors } from "./arrange-monitors.ts";
import { closeViewer } from "./close-viewer.ts";
import type { ClipboardViewer } from "./clipboard.ts";
import { Desktop, type MonitorParts, type SeatDesktop } from "./desktop.ts";
import { dropInside } from "./drop.ts";
import { FarDesktop, serveDesktop } from "./far-desktop.ts";
import { Hands } from "./hands.ts";
import { DisplaySession } from "./display-session.ts";
import { QemuDisplay } from "./qemu-display.ts";
import { SerialSizes, type SerialSize } from "./serial-size.ts";
import { Tickets, type Grant, type IssuedTicket, type Use } from "./tickets.ts";
import type { ViewerSocket } from "./viewer-socket.ts";
import { Watcher, Watchers } from "./watchers.ts";

/** Milliseconds between two ticks: within QEMU's 30, so that it never falls back to looking more seldom. */
const tick = 25;
/** Of one guest: each has QEMU encode the screen once more. */
const mostViewers = 16;
/** Milliseconds between tries to reach a guest's next QEMU, where its record says nothing new. */
const retryEvery = 250;

export interface DisplaysParts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
}

/** What somebody shows who wants to see a console. */
export interface Shown {
  readonly ticket: string;
  readonly use: Use;
  /** Who he is, where something else says so as well. */
  readonly holder: string | undefined;
  /** Told of what the ticket grants, before anything is shown; what it throws ends that. */
  readonly admit: (grant: Grant) => Promise<void>;
}

/** What has to be so before somebody is shown a guest; throws why he is not. */
export type Gate = (guest: string, grant: Grant) => Promise<void>;

interface Watched {
  readonly sessions: Set<DisplaySession>;
  /** Viewers on other hosts, who sit at its desktop alone. */
  readonly guests: Set<Duplex>;
  readonly desktop: Desktop;
  readonly timer: NodeJS.Timeout;
}

export class Displays {
  readonly hands = new Hands();
  readonly #parts: DisplaysParts;
  readonly #tickets: Tickets;
  readonly #serialSizes: SerialSizes;
  readonly watchers = new Watchers();
  readonly #gates: Gate[] = [];
  readonly #watched = new Map<string, Watched>();
  /** Viewers of each guest, also those that have not greeted yet. */
  readonly #viewers = new Map<string, number>();

  constructor(parts: DisplaysParts) {
    this.#parts = parts;
    this.#tickets = new Tickets(parts.clock);
    this.#serialSizes = new SerialSizes(parts.log);
  }

  /** @throws LodgeError guest.not_found, guest.wrong_state, console.no_display, desktop.somebodys, desktop.waiting */
  async issue(guest: string, terms: Omit<Grant, "guest">): Promise<IssuedTicket> {
    const record = await this.requireWatchable(guest);
    if (!terms.desktop) requireNoDesktop(record);
    return this.#tickets.issue({ guest: record.id, ...terms });
  }

  /** A guest whose display can be watched now. @throws LodgeError guest.not_found, guest.wrong_state, console.no_display */
  async requireWatchable(guest: string): Promise<GuestRecord> {
    const record = await guestById(this.#parts.store, guest);
    requireAction(record, "console");
    await this.#requireDisplay(record);
    return record;
  }

  /** Uses up a ticket for a guest. @throws LodgeError console.ticket_refused, desktop.not_ready, what `admit` throws */
  async redeem(guest: string, { ticket, use, holder, admit }: Shown): Promise<Grant> {
    const grant = this.#tickets.redeem(ticket, { guest, holder, use });
    // What somebody writes by a server inside would be as lost as by a key.
    if (use === "port") this.hands.requireFree(guest);
    await admit(grant);
    return grant;
  }

  /** Says how large the window of a guest's serial console is. */
  async resizeSerial(guest: string, size: SerialSize): Promise<void> {
    const live = this.#parts.fleet.get(guest);
    if (live) await this.#serialSizes.tell(live, size);
  }

  /** @throws LodgeError desktop.not_ready: what is done in the guest now would be lost */
  requireHands(guest: string): void {
    this.hands.requireFree(guest);
  }

  /** @throws LodgeError see drop.ts */
  async drop(
    ref: string,
    start: DropStart,
    content: Readable,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    this.requireHands(ref);
    return dropInside(this.#parts.fleet, ref, start, content, signal);
  }

  beforeShown(gate: Gate): void {
    this.#gates.push(gate);
  }

  /** Shows a guest's display to a viewer until one of them goes, and closes the socket. */
  async watch(guest: string, shown: Shown, socket: ViewerSocket): Promise<void> {
    try {
      const grant = await this.redeem(guest, shown);
      const record = await guestById(this.#parts.store, guest);
      requireAction(record, "console");
      for (const gate of this.#gates) await gate(record.id, grant);
      await this.#show(record, grant, socket);
    } catch (error) {
      closeViewer(socket, error, this.#parts.log);
    }
  }

  async #show(record: GuestRecord, grant: Grant, socket: ViewerSocket): Promise<void> {
    const { id, name } = record;
    const viewers = this.#viewers.get(id) ?? 0;
    if (viewers >= mostViewers) throw new LodgeError("console.too_many", { guest: name, limit: mostViewers });
    this.#viewers.set(id, viewers + 1);
    const over = new AbortController();
    const signal = AbortSignal.any([socket.gone, over.signal]);
    const { clock } = this.#parts;
    try {
      const first = await QemuDisplay.connect(this.#socketOf(id), signal);
      const watched = this.#watchedOf(record);
      const { desktop, sessions } = watched;
      const next = async () => {
        const qemu = await this.nextQemu(id, signal, { follows: !grant.desktop });
        // He sees the guest meanwhile.
        session
          .sit(async (viewer) => (await this.#farDesktop(id, viewer, signal)) ?? desktop)
          .catch(() => undefined);
        desktop.follow(this.#parts.fleet.get(id)?.spice);
        return qemu;
      };
      const watcher = new Watcher(grant, clock, (reason) => session.end(reason));
      const session: DisplaySession = new DisplaySession(
        { socket, name, watcher, clock, desktop, next, isHeld: () => this.hands.areHeld(id) },
        first,
      );
      sessions.add(session);
      const go = this.watchers.add(id, watcher);
      try {
        await session.run();
      } finally {
        go();
        this.#leave(id, watched, session);
      }
    } finally {
      over.abort();
      const left = this.#viewers.get(id)! - 1;
      if (left > 0) this.#viewers.set(id, left);
      else this.#viewers.delete(id);
    }
  }

  #watchedOf({ id, machine: { monitors: room = 1 } }: GuestRecord): Watched {
    const known = this.#watched.get(id);
    if (known) return known;
    const { store, fleet, clock } = this.#parts;
    const sessions = new Set<DisplaySession>();
    const desktop = new Desktop({
      now: () => clock.monotonic(),
      policy: async () => {
        // Of a guest that is just removed nothing is copied.
        const record = await guestById(store, id).catch(() => undefined);
        return record ? (record.clipboard ?? displayDefaults.clipboard) : "none";
      },
      ...(room > 1 ? { monitors: { room, arrange: this.#arrangeOf(id) } } : {}),
    });
    desktop.follow(fleet.get(id)?.spice);
    const guests = new Set<Duplex>();
    const timer = setInterval(() => {
      const leader = [...sessions].find(({ isWaiting }) => isWaiting);
      for (const each of sessions) each.tick(each === leader);
      desktop.tick();
    }, tick);
    const watched = { sessions, guests, desktop, timer };
    this.#watched.set(id, watched);
    return watched;
  }

  #arrangeOf(id: string): MonitorParts["arrange"] {
    const { fleet, log } = this.#parts;
    return async (monitors) => {
      try {
        const reason = await arrangeMonitors(fleet.require(id).inside, monitors);
        if (reason !== undefined)
          log.warn({ guest: id, reason }, "a guest does not have its monitors arranged");
      } catch (error) {
        log.warn({ err: error, guest: id }, "a guest's monitors cannot be arranged");
      }
    };
  }

  #leave(id: string, watched: Watched, who: DisplaySession | Duplex): void {
    const { sessions, guests, desktop, timer } = watched;
    if (who instanceof DisplaySession) sessions.delete(who);
    else guests.delete(who);
    if (sessions.size + guests.size > 0) return;
    desktop.close();
    clearInterval(timer);
    this.#watched.delete(id);
  }

  /**
   * Waits until a QEMU of the guest shows its display. Who sees a desktop does not follow it to another host: there it is known that he
   * does, by which its pool's rules go, once he has come anew.
   *
   * @throws LodgeError guest.not_found, desktop.not_ready
   */
  async nextQemu(id: string, signal: AbortSignal, { follows = true } = {}): Promise<QemuDisplay> {
    const { store, fleet, clock } = this.#parts;
    for (;;) {
      signal.throwIfAborted();
      const news = new AbortController();
      const changes = store
        .watch(guestKey(id), { signal: AbortSignal.any([signal, news.signal]) })
        [Symbol.asyncIterator]();
      try {
        if (!(await store.get(guestKey(id)))) {
          const far = await this.#farQemu(id, signal);
          if (follows) return far;
          far.close();
          throw new LodgeError("desktop.not_ready", { reason: "it has gone to another host" });
        }
        if (fleet.get(id)) {
          const found = await QemuDisplay.connect(this.#socketOf(id), signal).catch(() => undefined);
          if (found) return found;
        }
        const changed = changes.next().catch(() => undefined);
        await (fleet.get(id) ? Promise.race([changed, clock.sleep(retryEvery, signal)]) : changed);
      } finally {
        news.abort();
      }
    }
  }

  /** Has a viewer on another host sit at the desktop of a guest that has gone here. Undefined: it is not here. */
  async openDesktop(id: string): Promise<Duplex | undefined> {
    const { fleet, store } = this.#parts;
    const record = await guestById(store, id).catch(() => undefined);
    const live = fleet.get(id);
    if (!live || !record) return undefined;
    const watched = this.#watchedOf(record);
    return innerStream((stream) => {
      watched.guests.add(stream);
      // He follows it where it goes.
      const leave = () => stream.destroy();
      live.gone.addEventListener("abort", leave, { once: true });
      stream.once("close", () => {
        live.gone.removeEventListener("abort", leave);
        this.#leave(id, watched, stream);
      });
      serveDesktop(watched.desktop, stream);
    });
  }

  /** Undefined: it is here, or its desktop cannot be reached; who sees it then has no clipboard of it. */
  async #farDesktop(
    id: string,
    viewer: () => ClipboardViewer,
    signal: AbortSignal,
  ): Promise<SeatDesktop | undefined> {
    const { fleet, log } = this.#parts;
    const { farEnd } = fleet.parts;
    try {
      const far = farEnd && (await followTo(fleet, farEnd, id, "desktop", signal));
      return far && new FarDesktop(far, viewer);
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, guest: id }, "the desktop of a guest that moved is not reached");
      return undefined;
    }
  }

  /** Of one that has gone to another host. @throws LodgeError guest.not_found */
  async #farQemu(id: string, signal: AbortSignal): Promise<QemuDisplay> {
    const { fleet } = this.#parts;
    const { farEnd } = fleet.parts;
    const far = farEnd && (await followTo(fleet, farEnd, id, "display", signal));
    if (!far) throw new LodgeError("guest.not_found", { guest: id });
    return QemuDisplay.over(far, signal);
  }

  #socketOf(id: string): string {
    return guestPlace(this.#parts.fleet.parts.places, id).display;
  }

  /** One that an older Lodge started has none until it starts again. */
  async #requireDisplay({ id, name }: GuestRecord): Promise<void> {
    await access(this.#socketOf(id)).catch(() => {
      throw new LodgeError("console.no_display", { guest: name });
    });
  }
}
