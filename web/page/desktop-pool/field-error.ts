/** Which field of a pool's form an answer is about. Pure. */
import type { ErrorCode, LodgeError } from "#contract/errors";
import type { PoolWish } from "./wish.ts";

export type FieldErrors = { readonly [K in keyof PoolWish]?: string };

interface Told {
  readonly errors: FieldErrors;
  /** What is about none of them. */
  readonly rest?: LodgeError;
}

export const noErrors: Told = { errors: {} };

const fields: Partial<Record<ErrorCode, keyof PoolWish>> = {
  "desktop_pool.name_taken": "name",
  "desktop_pool.not_a_desktop": "image",
  "desktop_pool.home_size": "homeSize",
  "desktop_pool.hours": "zone",
  "image.not_found": "image",
  "guest.not_found": "guest",
  "network.not_found": "networks",
  "pool.not_found": "homePool",
};

export function fieldError(error: LodgeError): Told {
  const field = fields[error.code];
  return field === undefined ? { errors: {}, rest: error } : { errors: { [field]: error.message } };
}
