import type { CatalogueEntry } from "./entry.ts";

/** Errors about pools. */
export const poolErrors = {
  "pool.not_found": {
    status: 404,
    message: "There is no pool '{pool}'.",
    hint: "'lodge pool ls' lists the pools.",
  },
  "pool.name_taken": {
    status: 409,
    message: "A pool named '{name}' already exists.",
    hint: "Choose another name; 'lodge pool ls' shows those that are taken.",
  },
  "pool.target_taken": {
    status: 409,
    message: "{target} is the pool '{pool}' already.",
    hint: "Use that pool, or choose another place.",
  },
  "pool.unusable": {
    status: 409,
    message: "Pool '{pool}' cannot be used: {reason}.",
    hint: "Mend that on the host; 'lodge pool show {pool}' looks again.",
  },
  "pool.out_of_sight": {
    status: 409,
    message: "Guest '{guest}' runs in a cell that was made before it could see {path}.",
    hint: "'lodge restart {guest}' makes another, in which it can.",
  },
  "pool.in_use": {
    status: 409,
    message: "Pool '{pool}' still holds {held}.",
    hint: "Move or remove them first: 'lodge volume ls' says what is where, and snapshots hold what they were taken of.",
  },
  "pool.default": {
    status: 409,
    message: "The pool 'default' is the home itself and is always there.",
    hint: "Remove what is in it instead.",
  },
  "pool.quota": {
    status: 422,
    message: "Pool '{pool}' has {left} left of its quota of {quota}, and {needed} are needed.",
    hint: "Choose less or another pool, or raise the quota with 'lodge pool set {pool} --quota'.",
  },
  "pool.rbd_incomplete": {
    status: 422,
    message: "A pool of Ceph's needs its monitors, a user and that user's key.",
    hint: "'lodge pool create NAME POOL --kind rbd --monitor HOST --user USER --keyring FILE' has them all.",
  },
  "pool.rbd_alone": {
    status: 422,
    message: "Monitors, user and key are for pools of kind rbd, and this one is of kind {kind}.",
    hint: "Leave them out, or make it with '--kind rbd'.",
  },
  "pool.no_format": {
    status: 422,
    message: "Pool '{pool}' keeps volumes as {formats} alone.",
    hint: "Leave the format out: it is chosen for the pool.",
  },
} as const satisfies Record<string, CatalogueEntry>;
