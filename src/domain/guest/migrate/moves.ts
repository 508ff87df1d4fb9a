/** Moves of guests to other hosts, as the API offers them. */
import { hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { GuestMove, MoveProspect } from "#contract/schema/move";
import type { OperationEngine } from "#durable/operation/engine";
import { guestById, guestTarget, type GuestRecord } from "../record.ts";
import { hasProcess, requireAction } from "../state.ts";
import { destinationOf, lookAhead, type defineDepart, type DepartParts } from "./depart.ts";
import type { Destination } from "./destination.ts";
import { losesConnections } from "./preflight.ts";

export interface MovesParts extends DepartParts {
  /** The id of the host that suits it best, besides this one. @throws LodgeError placement.no_host */
  readonly choose: (guest: string) => Promise<string>;
  /** Moves to hosts outside. */
  readonly abroad: MovesAbroad;
  readonly engine: Pick<OperationEngine, "start">;
  readonly operation: ReturnType<typeof defineDepart>;
}

type ByToken = GuestMove & { readonly token: string };

/** What is asked with a token: between/sends.ts. */
export interface MovesAbroad {
  begin(ref: string, body: ByToken): Promise<Operation>;
  check(ref: string, body: ByToken, signal: AbortSignal): Promise<MoveProspect>;
}

export class Moves {
  readonly #parts: MovesParts;

  constructor(parts: MovesParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError move.alone, move.same_host, move.no_post_copy, cluster.host_not_found, guest.wrong_state, guest.busy */
  async begin(ref: string, body: GuestMove): Promise<Operation> {
    const { token, to, bandwidth, downtime, how, postCopy } = body;
    if (token !== undefined) return this.#parts.abroad.begin(ref, { ...body, token });
    const { engine, operation, fleet } = this.#parts;
    const record = await guestById(fleet.parts.store, ref);
    requireAction(record, "move");
    requireHow(record, how);
    refusePostCopy(record, postCopy);
    const { id } = await this.#destination(record, to);
    const input = {
      guest: record.id,
      to: id,
      ...(bandwidth === undefined ? {} : { bandwidth }),
      ...(downtime === undefined ? {} : { downtime }),
    };
    const options = {
      targets: [guestTarget(record.id)],
      project: record.project,
      whenBusy: "refuse",
    } as const;
    try {
      return (await engine.start(operation, input, options)).operation;
    } catch (error) {
      if (!hasCode(error, "operation.target_busy")) throw error;
      throw new LodgeError("guest.busy", { guest: record.name, operation: error.params["operation"] ?? "" });
    }
  }

  async #destination(record: GuestRecord, to: string | undefined): Promise<Destination> {
    if (!this.#parts.destinations()) throw new LodgeError("move.alone");
    return destinationOf(this.#parts, record.name, to ?? (await this.#parts.choose(record.id)));
  }

  async check(ref: string, body: GuestMove, signal: AbortSignal): Promise<MoveProspect> {
    const { token, to, postCopy } = body;
    if (token !== undefined) return this.#parts.abroad.check(ref, { ...body, token }, signal);
    const record = await guestById(this.#parts.fleet.parts.store, ref);
    requireAction(record, "move");
    refusePostCopy(record, postCopy);
    const destination = await this.#destination(record, to);
    const { blockers, bytes, cargo } = await lookAhead(this.#parts, record, destination, signal);
    const warnings = cargo.live && losesConnections(record) ? [lost] : [];
    return { host: destination.name, live: cargo.live, bytes, blockers: [...blockers], warnings };
  }
}

const lost = "It has a network card of its QEMU's own network: what it is connected to by that is cut.";

/** @throws LodgeError move.no_post_copy. Decision 55 says what it would take. */
function refusePostCopy({ name: guest }: GuestRecord, wanted: boolean | undefined): void {
  if (wanted) throw new LodgeError("move.no_post_copy", { guest });
}

/** @throws LodgeError guest.wrong_state */
function requireHow(record: GuestRecord, how: GuestMove["how"]): void {
  if (how === undefined || (how === "live") === hasProcess(record.state)) return;
  const live = how === "live";
  throw new LodgeError("guest.wrong_state", {
    guest: record.name,
    state: record.state,
    action: "move",
    wish: live ? "move it while it runs" : "move it at rest",
    allowed: live ? "running or paused" : "stopped, suspended or crashed",
    remedy: live
      ? `'lodge start ${record.name}' starts it, and without --live it is moved as it is`
      : `'lodge stop ${record.name}' or 'lodge suspend ${record.name}' lets it rest, and without --cold it is moved as it is`,
  });
}
