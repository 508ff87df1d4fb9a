/** Every route's handler, each made of the part of the domain it needs. */
import { diskHandlers } from "./disk.ts";
import { eventStreams } from "./event.ts";
import { guestHandlers, guestStreams } from "./guest.ts";
import type { AllHandlers } from "./handler.ts";
import { hostHandlers } from "./host.ts";
import { imageHandlers } from "./image.ts";
import { networkHandlers } from "./network.ts";
import { operationHandlers } from "./operation.ts";
import type { Services } from "./services.ts";
import { templateHandlers } from "./template.ts";

export const allHandlers = (services: Services): AllHandlers => ({
  calls: {
    ...guestHandlers(services.guests),
    ...diskHandlers(services.guests),
    ...imageHandlers(services.images),
    ...templateHandlers(services.templates),
    ...networkHandlers(services.networks),
    ...operationHandlers(services.operations),
    ...hostHandlers(services.host),
  },
  streams: { ...guestStreams(services.guests), ...eventStreams(services.events) },
});
