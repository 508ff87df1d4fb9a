import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { SnapshotService } from "./services.ts";

type SnapshotRoute = Extract<CallName, `snapshot${string}`>;

export const snapshotHandlers = (snapshots: SnapshotService): Handlers<SnapshotRoute> => ({
  snapshotList: ({ params }) => snapshots.list(params.guest),
  snapshotGet: ({ params }) => snapshots.get(params.guest, params.snapshot),
  snapshotCreate: ({ params, body }) => snapshots.take(params.guest, body),
  snapshotUpdate: ({ params, body }) => snapshots.update(params.guest, params.snapshot, body),
  snapshotDelete: ({ params }) => snapshots.remove(params.guest, params.snapshot),
  snapshotRestore: ({ params, body }) => snapshots.restore(params.guest, params.snapshot, body),
  snapshotFork: ({ params, body }) => snapshots.fork(params.guest, params.snapshot, body),
  snapshotPrune: ({ params, body }) => snapshots.prune(params.guest, body),
});
