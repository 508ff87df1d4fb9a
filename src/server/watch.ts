import type { Handlers } from "./handler.ts";
import type { WatchService } from "./services.ts";

type WatchRoute = "usageGuest" | "usageHost" | "thumbnailGet" | "cloudInitGet" | "storageGet";

export const watchHandlers = (watch: WatchService): Handlers<WatchRoute> => ({
  usageGuest: ({ params, query }) => watch.guestUsage(params.guest, query),
  usageHost: ({ query }) => watch.hostUsage(query),
  thumbnailGet: ({ params }) => watch.thumbnail(params.guest),
  cloudInitGet: ({ params }) => watch.cloudInit(params.guest),
  storageGet: () => watch.storage(),
});
