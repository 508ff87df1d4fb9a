import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { GuestService } from "./services.ts";

type NicRoute = Extract<CallName, `nic${string}`>;

export const nicHandlers = (guests: GuestService): Handlers<NicRoute> => ({
  nicAdd: ({ params, body }) => guests.addNic(params.guest, body),
  nicRemove: ({ params }) => guests.removeNic(params.guest, params.nic),
});
