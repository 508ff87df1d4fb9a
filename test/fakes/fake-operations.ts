import { EventEmitter, once } from "node:events";
import type { Page } from "#contract/call";
import { LodgeError } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import type { OperationService } from "#server/services";

/** Operations that run until a test ends them. */
export class FakeOperations implements OperationService {
  readonly #known = new Map<string, Operation>();
  readonly #changed = new EventEmitter().setMaxListeners(0);

  begin(kind: string, targets: readonly string[], result?: unknown): Operation {
    const operation: Operation = {
      id: `o${String(this.#known.size).padStart(10, "0")}`,
      kind,
      targets,
      status: "running",
      stepsDone: [],
      stepCount: 2,
      progress: { fraction: 0, message: "beginning" },
      cancellable: true,
      sequence: 1,
      startedAt: "2026-01-02T03:04:05.000Z",
      ...(result === undefined ? {} : { result }),
    };
    this.#known.set(operation.id, operation);
    return operation;
  }

  /** Changes an operation, as its steps would. */
  advance(id: string, change: Partial<Operation>): Operation {
    const operation = this.#find(id);
    const next = { ...operation, ...change, sequence: operation.sequence + 1 };
    this.#known.set(id, next);
    this.#changed.emit("changed");
    return next;
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  #find(operation: string): Operation {
    const found = this.#known.get(operation);
    if (!found) throw new LodgeError("operation.not_found", { operation });
    return found;
  }

  async list({ limit = 50 }: { limit?: number }): Promise<Page<Operation>> {
    return { items: [...this.#known.values()].slice(-limit), at: "" };
  }

  async get(id: string): Promise<Operation> {
    return this.#find(id);
  }

  async wait(
    id: string,
    query: { seconds?: number; seen?: number },
    signal: AbortSignal,
  ): Promise<Operation> {
    const time = AbortSignal.timeout((query.seconds ?? 30) * 1000);
    for (;;) {
      const operation = this.#find(id);
      if (hasEnded(operation) || operation.sequence !== (query.seen ?? operation.sequence)) return operation;
      try {
        await once(this.#changed, "changed", { signal: AbortSignal.any([time, signal]) });
      } catch {
        signal.throwIfAborted();
        return this.#find(id);
      }
    }
  }

  async cancel(id: string): Promise<Operation> {
    if (hasEnded(this.#find(id))) throw new LodgeError("operation.not_cancellable", { operation: id });
    return this.advance(id, {
      status: "cancelled",
      error: new LodgeError("operation.cancelled").toProblem(),
    });
  }
}
