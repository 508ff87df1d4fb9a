/**
 * Failures and crashes on purpose: an injector is asked at each moment at which an operation can be
 * interrupted, and answers with what shall happen there. Only tests give an engine one.
 */
import { LodgeError } from "#contract/errors";
import type { Halt } from "./halt.ts";

/**
 * "after do" is before the step's end is written; saves are those a step makes within its `do` by
 * `save` and `commit`.
 */
export const moments = [
  "before do",
  "before save",
  "after save",
  "after do",
  "before undo",
  "after undo",
] as const;
export type Moment = (typeof moments)[number];

export interface InjectionPoint {
  readonly operationId: string;
  readonly step: string;
  readonly moment: Moment;
  /** Was the operation past its point of no return? */
  readonly committed: boolean;
}

export interface Injector {
  /** Run every undo twice in a row? */
  readonly undoTwice: boolean;
  at(point: InjectionPoint): "fail" | "crash" | undefined;
}

/** Does what the injector says for this point: throws operation.injected, or never comes back. */
export async function inject(
  injector: Injector | undefined,
  halt: Halt,
  point: InjectionPoint,
): Promise<void> {
  const what = injector?.at(point);
  if (what === "fail") throw new LodgeError("operation.injected", { step: point.step });
  if (what === "crash") halt.halt();
  await halt.pass();
}

/** Injects once, where the given step first comes to the given moment, and remembers that it did. */
export class SingleInjection implements Injector {
  readonly undoTwice = true;
  readonly #step: string;
  readonly #moment: Moment;
  readonly #act: (point: InjectionPoint) => "fail" | "crash" | undefined;
  /** Where it happened. */
  happened: InjectionPoint | undefined;

  constructor(step: string, moment: Moment, act: (point: InjectionPoint) => "fail" | "crash" | undefined) {
    this.#step = step;
    this.#moment = moment;
    this.#act = act;
  }

  at(point: InjectionPoint): "fail" | "crash" | undefined {
    if (this.happened || point.step !== this.#step || point.moment !== this.#moment) return undefined;
    this.happened = point;
    return this.#act(point);
  }
}
