import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { GuestService } from "./services.ts";

type DiskRoute = Extract<CallName, `disk${string}`>;

export const diskHandlers = (guests: GuestService): Handlers<DiskRoute> => ({
  diskAdd: ({ params, body }) => guests.addDisk(params.guest, body),
  diskRemove: ({ params }) => guests.removeDisk(params.guest, params.disk),
  diskResize: ({ params, body }) => guests.resizeDisk(params.guest, params.disk, body),
});
