/** Emptying this host, as the API offers it. A host that stands alone has nowhere to send anything. */
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { DrainBody, DrainPlan, ResumeBody } from "#contract/schema/drain";
import type { OperationEngine } from "#durable/operation/engine";
import type { DrainPlan as Plan } from "../../host/placement/drain.ts";
import { memberTarget } from "../../member/record.ts";
import type { defineDrain } from "./drain.ts";
import type { defineResume } from "./resume.ts";

export interface DrainsParts {
  readonly host: string;
  readonly plan: (how: { readonly asked: boolean }) => Promise<Plan>;
  readonly nameOf: (host: string) => string;
  readonly engine: Pick<OperationEngine, "start">;
  readonly drain: ReturnType<typeof defineDrain>;
  readonly resume: ReturnType<typeof defineResume>;
}

export class Drains {
  readonly #parts: DrainsParts | undefined;

  /** `parts`: of a host of a cluster. */
  constructor(parts?: DrainsParts) {
    this.#parts = parts;
  }

  /** @throws LodgeError drain.alone */
  async plan(): Promise<DrainPlan> {
    const { plan, nameOf } = this.#require();
    const { moves, stuck } = await plan({ asked: true });
    return { moves: moves.map((move) => ({ ...move, toName: nameOf(move.to) })), stuck: [...stuck] };
  }

  /** @throws LodgeError drain.alone */
  async start({ partly = false }: DrainBody): Promise<Operation> {
    const { engine, drain, host } = this.#require();
    return (await engine.start(drain, { partly }, { targets: [memberTarget(host)] })).operation;
  }

  /** @throws LodgeError drain.alone */
  async resume({ stay = false }: ResumeBody): Promise<Operation> {
    const { engine, resume, host } = this.#require();
    return (await engine.start(resume, { stay }, { targets: [memberTarget(host)] })).operation;
  }

  #require(): DrainsParts {
    if (!this.#parts) throw new LodgeError("drain.alone");
    return this.#parts;
  }
}
