import type { CatalogueEntry } from "./entry.ts";

/** Errors of the store that holds Lodge's state. */
export const storeErrors = {
  "store.conflict": {
    status: 409,
    message: "The record was changed meanwhile.",
    hint: "Read it again and repeat the change.",
  },
  "store.compacted": {
    status: 410,
    message: "The history before revision {revision} is no longer kept.",
    hint: "Read the whole again, then watch from its revision.",
  },
  "store.too_large": {
    status: 413,
    message: "A transaction may hold at most {limit}; this one holds {found}.",
    hint: "Split it.",
  },
  "store.unavailable": {
    status: 503,
    message: "The store at {path} cannot be used: {reason}.",
    hint: "What runs goes on. Where it is a cluster's, 'lodge cluster status' says which hosts to bring back: more than half of its voters must run and reach each other (quorum). Where it is a file: check the disk and the file's permissions, then start the daemon again.",
  },
  "store.unsettled": {
    status: 503,
    message:
      "Whether the change was made is not known yet: the cluster's voters stopped answering meanwhile.",
    hint: "It is known as soon as more than half of the cluster's voters reach each other again: look then. Guests run on meanwhile.",
  },
  "store.etcd_failed": {
    status: 500,
    message: "This host's member of etcd did not start: {reason}.",
    hint: "The detail has its last words, {log} all of them. Guests run on.",
  },
  "store.etcd_members": {
    status: 409,
    message: "etcd does not change its members now: {reason}.",
    hint: "One is added at a time, and most of those that are there must run: wait for them, then try again. Guests run on.",
  },
  "store.newer": {
    status: 409,
    message: "The store at {path} was written by a newer Lodge (schema {found}, this one knows {known}).",
    hint: "Upgrade Lodge, or put lodge.db.bak-{known} in its place: the copy that the upgrade made. Guests run on.",
  },
  "store.membership": {
    status: 503,
    message: "What says that this host is in a cluster cannot be read from {path}: {reason}.",
    hint: "Put the file back from a backup of this host. Without it the host would start alone, beside its cluster.",
  },
  "store.fenced": {
    status: 409,
    message:
      "This host may change nothing any more: it was removed from its cluster, or its guests were taken over.",
    hint: "'lodge cluster status' on another host says which. Start this host's daemon again to join in anew.",
  },
  "store.lease_lost": {
    status: 409,
    message: "The lease {lease} has expired.",
    hint: "Take a new one.",
  },
  "store.secret_unreadable": {
    status: 500,
    message: "A secret in the store cannot be opened: {reason}.",
    hint: "Put back the key file that lies beside the store in a backup; without it, set the secret anew.",
  },
} as const satisfies Record<string, CatalogueEntry>;
