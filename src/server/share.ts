import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { GuestService } from "./services.ts";

type ShareRoute = Extract<CallName, `share${string}`>;

export const shareHandlers = (guests: GuestService): Handlers<ShareRoute> => ({
  shareAdd: ({ params, body }) => guests.addShare(params.guest, body),
  shareRemove: ({ params }) => guests.removeShare(params.guest, params.share),
});
