/** Guests that come to this host from outside: tokens for them, what their source may ask, and what comes of it. */
import type { Duplex } from "node:stream";
import { LodgeError } from "#contract/errors";
import type { Arrival } from "#contract/schema/arrival";
import type { Schemas } from "#contract/schemas";
import type { MoveWishes } from "#contract/schema/move";
import type { Clock } from "#base/clock";
import { newId } from "#base/ids";
import type { OperationEngine } from "#durable/operation/engine";
import type { SealKey } from "#durable/store/seal";
import type { Item } from "#durable/store/store";
import { create, update } from "#durable/store/update";
import type { OwnAuthority } from "../../access/certificate/own-authority.ts";
import { digestOf, newSecret } from "../../access/secret.ts";
import { networksStay } from "../../network/record.ts";
import { findProject, projectKey } from "../../project/record.ts";
import { toMake } from "../demands.ts";
import type { Fleet } from "../fleet.ts";
import type { Arrivals } from "../migrate/arrivals.ts";
import type { Cargo } from "../migrate/cargo.ts";
import { laneOf } from "../migrate/destination.ts";
import type { Docks } from "../migrate/docks.ts";
import { inWords, type Blocker } from "../migrate/preflight.ts";
import { layerRecords, plan } from "../migrate/unpack.ts";
import { guestTarget } from "../record.ts";
import { adapt, type AdaptParts, type Adapted } from "./adapt.ts";
import { writeMoveToken } from "./move-token.ts";
import { busy, type defineReceive } from "./receive.ts";
import { renameLayers, type Renamed } from "./rename-layers.ts";
import { sealed } from "./secrets.ts";
import { sound } from "./sound.ts";
import { verdictKey, type Verdict } from "./verdict.ts";
import {
  endVisit,
  isOpen,
  listVisits,
  opensWith,
  toArrival,
  visitBy,
  visitKey,
  visitOf,
  type VisitRecord,
} from "./visit-record.ts";
import { VisitorDoors, type OpenDoor } from "./visitor-doors.ts";

export interface VisitsParts {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly key: SealKey;
  readonly engine: Pick<OperationEngine, "start">;
  readonly operation: ReturnType<typeof defineReceive>;
  readonly arrivals: Pick<Arrivals, "look">;
  readonly docks: Docks;
  /** What signs for the visitors' door, and nothing else. */
  readonly authority: () => Promise<OwnAuthority>;
  /** "HOST:PORT" of that door. @throws LodgeError cluster.address_needed, cluster.address_refused */
  readonly chooseAddress: (asked: string | undefined) => string;
  /** What this host is called. */
  readonly ownName: () => string;
  /** The same, in a cluster. */
  readonly host: string | undefined;
}

/** Who brings a guest: SHA-256 of his certificate. */
export interface Visitor {
  readonly fingerprint: string;
}

const usualSeconds = 3600;
/** Milliseconds for which it is remembered that a guest has come: its source asks again until it was answered. */
const remembered = 7 * 86_400_000;
/** Milliseconds between looks at what has run out. */
const lookEvery = 600_000;

interface Wanted {
  readonly cargo: object;
  readonly wishes: MoveWishes;
}

export class Visits {
  readonly #parts: VisitsParts;
  readonly #doors: VisitorDoors;
  #looking: NodeJS.Timeout | undefined;

  constructor(parts: VisitsParts) {
    this.#parts = parts;
    this.#doors = new VisitorDoors(parts.fleet.parts.log);
  }

  get #store() {
    return this.#parts.fleet.parts.store;
  }

  /** Opens doors for those that may still come. */
  async open(openDoor: OpenDoor): Promise<void> {
    this.#doors.begin(openDoor);
    await this.#tidy();
    this.#looking = setInterval(() => {
      this.#tidy().catch((error: unknown) =>
        this.#parts.fleet.parts.log.warn({ err: error }, "old arrivals stay for now"),
      );
    }, lookEvery).unref();
  }

  /** @throws LodgeError cluster.address_needed, cluster.address_refused, api.address_in_use */
  async token({
    seconds = usualSeconds,
    address: asked,
  }: {
    readonly seconds?: number;
    readonly address?: string;
  }): Promise<{ readonly token: string; readonly arrival: string; readonly expiresAt: string }> {
    const { clock, authority, chooseAddress } = this.#parts;
    const address = chooseAddress(asked);
    const [now, secret, id] = [clock.now(), newSecret(), newId("v")];
    await this.#doors.open(address);
    const visit: VisitRecord = {
      id,
      address,
      createdAt: now,
      expiresAt: now + seconds * 1000,
      state: "offered",
      secret: digestOf(secret),
    };
    await create(this.#store, visitKey(id), visit);
    await this.#tidy();
    const { fingerprint } = await authority();
    const token = writeMoveToken({ address, fingerprint, visit: id, secret });
    return { token, arrival: id, expiresAt: new Date(visit.expiresAt).toISOString() };
  }

  async list(): Promise<Arrival[]> {
    const visits = await listVisits(this.#store);
    return visits.toSorted((a, b) => a.createdAt - b.createdAt).map(toArrival);
  }

  /**
   * Says whose a guest is in the place of a host that is lost: of its source, or of the one that it went to.
   * @throws LodgeError arrival.not_found, visit.not_waiting
   */
  async settle(id: string, taken: boolean): Promise<Schemas["ArrivalSettled"]> {
    const found = await this.#store.get(visitKey(id));
    if (!found) return this.#settleOwn(id, taken);
    const { state, guest } = visitOf(found);
    if (state !== "waiting") throw new LodgeError("visit.not_waiting", { arrival: id, state });
    const here = await endVisit(this.#store, id, taken);
    return { guest: guest?.name ?? id, here };
  }

  /** One that went from here. Its operation goes on by that. */
  async #settleOwn(id: string, taken: boolean): Promise<Schemas["ArrivalSettled"]> {
    const said = await update<Verdict>(this.#store, verdictKey(id), (verdict) => {
      if (!verdict?.taken) throw new LodgeError("arrival.not_found", { arrival: id });
      return { ...verdict, settled: taken ? "here" : "there" };
    });
    return { guest: said!.guest, here: taken };
  }

  /** Lets in who shows a token first, and knows him by his certificate from then on. @throws LodgeError visit.token_invalid */
  async enter(
    { visit: id, secret, host }: { readonly visit: string; readonly secret: string; readonly host: string },
    { fingerprint }: Visitor,
  ): Promise<{ readonly host: string; readonly expiresAt: string }> {
    const { clock, ownName } = this.#parts;
    const refuse = () => new LodgeError("visit.token_invalid", { host: ownName() });
    const entered = await update<VisitRecord>(this.#store, visitKey(id), (now) => {
      if (!now || now.expiresAt <= clock.now() || !opensWith(now, secret)) throw refuse();
      if (now.state !== "offered" && now.visitor?.fingerprint !== fingerprint) throw refuse();
      return now.state === "offered"
        ? { ...now, state: "entered", visitor: { fingerprint, name: host } }
        : now;
    });
    return { host: ownName(), expiresAt: new Date(entered!.expiresAt).toISOString() };
  }

  /** @throws LodgeError visit.token_invalid */
  async look({ cargo, wishes }: Wanted, visitor: Visitor): Promise<Schemas["VisitProspect"]> {
    this.#requireCurrent(visitOf(await this.#visitOf(visitor)));
    const adapted = await this.#adapt(cargo as Cargo, wishes);
    const { blockers, bytes } = await this.#lookAt(adapted);
    return { blockers, bytes, warnings: [...adapted.warnings] };
  }

  /** @throws LodgeError visit.token_invalid, visit.under_way, guest.busy, host.promised, project.quota */
  async begin(
    { cargo: given, wishes }: Wanted,
    visitor: Visitor,
  ): Promise<{ host: string; expiresAt: string }> {
    const { fleet, engine, operation, docks, ownName } = this.#parts;
    const item = await this.#visitOf(visitor);
    const visit = visitOf(item);
    if (visit.state === "coming" || visit.state === "waiting") throw new LodgeError("visit.under_way");
    this.#requireCurrent(visit);
    const adapted = await this.#adapt(given as Cargo, wishes);
    const { blockers } = await this.#lookAt(adapted);
    const { guest } = adapted.cargo;
    const [first] = blockers;
    if (first) {
      const { reason, fix } = first;
      throw new LodgeError("move.blocked", { guest: guest.name, host: ownName(), reason, fix });
    }
    const attempt = newId("m");
    const { cargo, names } = adapted;
    const input = { visit: visit.id, attempt, cargo, names };
    const changes = await this.#claiming(item, adapted, attempt);
    const targets = [guestTarget(guest.id)];
    const demand = toMake(guest, { starts: false });
    const options = { targets, project: guest.project, whenBusy: "refuse", changes, claim: demand } as const;
    docks.prepare(visit.id, guest.id);
    try {
      const { completion } = await fleet.parts.pass(
        demand,
        () => engine.start(operation, input, options),
        (started) => started.completion,
      );
      void completion.then(() => docks.forget(visit.id));
    } catch (error) {
      docks.forget(visit.id);
      throw busy(error, guest.name);
    }
    return { host: ownName(), expiresAt: toArrival(visit).expiresAt };
  }

  /** What the source's store says: whose the guest is. @returns is it here? */
  async end(
    { guest, taken }: { readonly guest: string; readonly taken: boolean },
    visitor: Visitor,
  ): Promise<{ here: boolean }> {
    const visit = visitOf(await this.#visitOf(visitor));
    // It is about one that went by the same token before.
    if (visit.guest?.id !== guest) return { here: false };
    const here = await endVisit(this.#store, visit.id, taken);
    return { here };
  }

  /** What a connection of a visitor's leads to; undefined: nothing of his is on its way here. */
  async lane(visit: string, end: string, { fingerprint }: Visitor): Promise<Duplex | undefined> {
    const lane = laneOf(end);
    const item = await this.#store.get(visitKey(visit));
    const isHis = item !== undefined && visitOf(item).visitor?.fingerprint === fingerprint;
    return lane && isHis ? this.#parts.docks.open(visit, lane) : undefined;
  }

  /** The doors themselves close with the server. */
  close(): void {
    clearInterval(this.#looking);
  }

  #visitOf({ fingerprint }: Visitor): Promise<Item> {
    return visitBy(this.#store, fingerprint, this.#parts.ownName());
  }

  /** Nothing begins by a token that has run out, or has brought its guest. */
  #requireCurrent({ state, expiresAt }: VisitRecord): void {
    const { clock, ownName } = this.#parts;
    if (state === "here" || expiresAt <= clock.now())
      throw new LodgeError("visit.token_invalid", { host: ownName() });
  }

  async #adapt(given: Cargo, wishes: MoveWishes): Promise<Adapted & Pick<Renamed, "names">> {
    const { fleet, host, key } = this.#parts;
    const { store, networks } = fleet.parts;
    const parts: AdaptParts = { store, networks, host };
    const { cargo, names } = renameLayers(sound(given));
    return { ...(await adapt(parts, sealed(cargo, key), wishes)), names };
  }

  async #lookAt({
    cargo,
    blockers,
  }: Adapted): Promise<{ readonly blockers: Blocker[]; readonly bytes: number }> {
    const seen = await this.#parts.arrivals.look(cargo, { outside: true });
    // A network that is not there was said with what helps.
    const known = new Set(blockers.map(({ what }) => what));
    const more = seen.blockers.filter(({ what }) => !known.has(what));
    const room = known.has("project") ? [] : await this.#room(cargo);
    return { blockers: [...blockers, ...more, ...room], bytes: seen.bytes };
  }

  /** Would the host, and its project, have room for it? */
  async #room({ guest }: Cargo): Promise<Blocker[]> {
    try {
      await this.#parts.fleet.parts.pass(toMake(guest, { starts: false }), async () => undefined);
      return [];
    } catch (error) {
      if (!(error instanceof LodgeError)) throw error;
      return [{ what: "room", reason: inWords(error), fix: error.hint }];
    }
  }

  /** What is kept for it from the moment on at which it begins to come. */
  async #claiming(item: Item, { cargo, claims }: Adapted, attempt: string) {
    const { guest } = cargo;
    const unpacked = await plan(this.#parts.fleet.parts, cargo);
    const { project, revision } = await findProject(this.#store, guest.project);
    const { id, name } = guest;
    const value: VisitRecord = {
      ...visitOf(item),
      state: "coming",
      attempt,
      guest: { id, name, project: project.name },
      layers: layerRecords(unpacked).map((layer) => layer.value.id),
      claims: claims.map(({ key }) => key),
    };
    return {
      compare: [
        { key: item.key, revision: item.revision },
        { key: projectKey(project.name), revision },
        ...(await networksStay(this.#store, guest.project, guest.nics)),
        ...claims.map(({ key }) => ({ key, revision: "absent" as const })),
      ],
      put: [{ key: item.key, value }, ...claims],
    };
  }

  async #tidy(): Promise<void> {
    await this.#forgetOld();
    await this.#doors.keep((await listVisits(this.#store)).map(({ address }) => address));
  }

  async #forgetOld(): Promise<void> {
    const now = this.#parts.clock.now();
    const old = (await listVisits(this.#store)).filter(
      (visit) => !isOpen(visit, now) && visit.expiresAt + (visit.state === "here" ? remembered : 0) < now,
    );
    if (old.length > 0) await this.#store.transact({ delete: old.map(({ id }) => visitKey(id)) });
  }
}
