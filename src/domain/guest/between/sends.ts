/** Moves of guests to hosts outside, as the API offers them. */
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { GuestMove, MoveProspect } from "#contract/schema/move";
import type { OperationEngine } from "#durable/operation/engine";
import { guestById, guestTarget } from "../record.ts";
import { busy } from "./receive.ts";
import { lookAbroad, requireRest, type defineSend, type SendParts } from "./send.ts";
import { verdictOf } from "./verdict.ts";

export interface SendsParts extends SendParts {
  readonly engine: Pick<OperationEngine, "start">;
  readonly operation: ReturnType<typeof defineSend>;
}

/** With a token. */
type Wanted = Pick<GuestMove, "wishes"> & { readonly token: string };

export class Sends {
  readonly #parts: SendsParts;

  constructor(parts: SendsParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError visit.live, visit.token_invalid, visit.unreachable, …, guest.wrong_state, guest.busy */
  async begin(ref: string, { token, wishes = {} }: Wanted): Promise<Operation> {
    const { engine, operation, fleet, abroad } = this.#parts;
    const record = await guestById(fleet.parts.store, ref);
    requireRest(record);
    const visit = await abroad.enter(token);
    if (await verdictOf(fleet.parts.store, visit)) throw new LodgeError("visit.under_way");
    const host = await abroad.find(visit);
    host.close();
    const input = { guest: record.id, visit, host: host.name, wishes };
    const targets = [guestTarget(record.id), `visit:${visit}`];
    const options = { targets, project: record.project, whenBusy: "refuse" } as const;
    try {
      return (await engine.start(operation, input, options)).operation;
    } catch (error) {
      throw busy(error, record.name);
    }
  }

  async check(ref: string, { token, wishes = {} }: Wanted, signal: AbortSignal): Promise<MoveProspect> {
    const record = await guestById(this.#parts.fleet.parts.store, ref);
    requireRest(record);
    const host = await this.#parts.abroad.find(await this.#parts.abroad.enter(token));
    try {
      const { blockers, bytes, warnings } = await lookAbroad(this.#parts, record, host, { wishes, signal });
      return { host: host.name, live: false, bytes, blockers: [...blockers], warnings: [...warnings] };
    } finally {
      host.close();
    }
  }
}
