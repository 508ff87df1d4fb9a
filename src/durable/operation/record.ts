/** An operation as the store keeps it, under "operations/<id>". */
import { defaultProject, type Owner } from "#contract/access";
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { OperationDefinition } from "./define.ts";

export const operationPrefix = "operations/";
export const operationKey = (id: string): string => operationPrefix + id;

export interface OperationRecord extends Operation {
  /** Dropped, like the state, once they are no longer needed. */
  readonly input: unknown;
  readonly state: object;
  /** Past the point of no return. */
  readonly committed: boolean;
  readonly cancelRequested: boolean;
  /** It ended without having got through: the next start of the daemon tries again. */
  readonly stuck: boolean;
  /** It gives way to any that does not. */
  readonly yields?: boolean;
  /** See StartOptions. */
  readonly claim?: object;
}

/** What everyone may see of it. */
export function toOperation(record: OperationRecord): Operation {
  const {
    input: _input,
    state: _state,
    committed: _c,
    cancelRequested: _r,
    stuck: _s,
    yields: _y,
    claim: _claim,
    ...operation
  } = record;
  return operation;
}

/** Whose an operation is: one of when there were no projects, and on a project's things, is the default one's. */
export const operationOwner = ({ project, targets }: Pick<Operation, "project" | "targets">): Owner => ({
  project: project ?? (targets.some((target) => ofProject.test(target)) ? defaultProject : undefined),
});

const ofProject = /^(guest|image|image-name|template|upload):/;

/**
 * What a finished operation made.
 *
 * @throws LodgeError the one it failed with, operation.cancelled.
 */
export function resultOf<Input, State extends object, Result>(
  _definition: OperationDefinition<Input, State, Result>,
  operation: Operation,
): Result {
  if (operation.error) throw LodgeError.fromProblem(operation.error);
  return operation.result as Result;
}
