/** Does what a guest's record asks for when it has ended: it is removed, or starts again. */
import type { Log } from "#base/log";
import type { OperationEngine } from "#durable/operation/engine";
import type { End } from "#domain/guest/fleet-view";
import type { GuestOperations } from "#domain/guest/guests";
import { guestTarget, type GuestRecord } from "#domain/guest/record";
import type { Admittance } from "./admittance.ts";

export interface SettlingParts {
  readonly engine: OperationEngine;
  readonly operations: Pick<GuestOperations, "remove" | "start">;
  readonly admittance: Admittance;
  readonly log: Log;
}

export class Settling {
  readonly #parts: SettlingParts;
  readonly #following = new Set<Promise<unknown>>();

  constructor(parts: SettlingParts) {
    this.#parts = parts;
  }

  settle(record: GuestRecord, { clean, asked }: End): void {
    const { engine, operations, admittance, log } = this.#parts;
    const ofFailure = record.restart === "on-failure" || record.ha !== undefined;
    const again = record.restart === "always" || (ofFailure && !clean);
    const target = { targets: [guestTarget(record.id)], project: record.project };
    const begun = record.removeWhenStopped
      ? engine.start(operations.remove, { guest: record.id, force: false, snapshots: true }, target)
      : again && !asked && !admittance.closed.aborted
        ? engine.start(operations.start, { guest: record.id }, target)
        : undefined;
    if (!begun) return;
    const done = begun
      .then(({ completion }) => completion)
      .catch((error: unknown) =>
        log.warn({ err: error, guest: record.id }, "what follows a guest's end did not begin"),
      )
      .finally(() => this.#following.delete(done));
    this.#following.add(done);
  }

  /** Resolves when nothing is under way any more that follows from a guest's end. */
  async followed(): Promise<void> {
    await Promise.all(this.#following);
  }
}
