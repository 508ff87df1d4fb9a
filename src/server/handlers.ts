/** Every route's handler, each made of the part of the domain it needs. */
import { accessHandlers } from "./access.ts";
import { outsideHandlers } from "./arrival.ts";
import { auditHandlers } from "./audit.ts";
import { clusterHandlers } from "./cluster.ts";
import { consoleHandlers, consoleStreams, soundStreams } from "./console.ts";
import { desktopHandlers, desktopStreams } from "./desktop.ts";
import { deviceHandlers } from "./device.ts";
import { diskHandlers } from "./disk.ts";
import { eventHandlers, eventStreams } from "./event.ts";
import { drainHandlers } from "./drain.ts";
import { fenceHandlers } from "./fence.ts";
import { firewallHandlers } from "./firewall.ts";
import { guestHandlers, guestStreams } from "./guest.ts";
import type { AllHandlers } from "./handler.ts";
import { hostHandlers } from "./host.ts";
import { imageHandlers } from "./image.ts";
import { networkHandlers } from "./network.ts";
import { nicHandlers } from "./nic.ts";
import { shareHandlers } from "./share.ts";
import { operationHandlers } from "./operation.ts";
import { passkeyHandlers } from "./passkey.ts";
import { arrivalHandlers, peerHandlers } from "./peer.ts";
import { placementHandlers } from "./placement.ts";
import { poolHandlers } from "./pool.ts";
import { projectHandlers } from "./project.ts";
import { providerHandlers } from "./provider.ts";
import { copyHandlers, replicaHandlers } from "./replica.ts";
import { recordingHandlers } from "./recording.ts";
import type { Services } from "./services.ts";
import { snapshotHandlers } from "./snapshot.ts";
import { templateHandlers } from "./template.ts";
import { uploadHandlers } from "./upload.ts";
import { watchHandlers } from "./watch.ts";
import { volumeHandlers } from "./volume.ts";
import { webhookHandlers } from "./webhook.ts";

/** `origins`: where browsers find this server. */
export const allHandlers = (services: Services, origins: () => readonly string[]): AllHandlers => ({
  calls: {
    ...guestHandlers(services.guests),
    ...consoleHandlers(services.consoles),
    ...recordingHandlers(services.recordings),
    ...diskHandlers(services.guests),
    ...snapshotHandlers(services.snapshots),
    ...imageHandlers(services.images),
    ...uploadHandlers(services.uploads),
    ...templateHandlers(services.templates),
    ...firewallHandlers(services.firewalls),
    ...networkHandlers(services.networks),
    ...nicHandlers(services.guests),
    ...shareHandlers(services.guests),
    ...desktopHandlers(services.desktops),
    ...deviceHandlers(services.devices),
    ...drainHandlers(services.drains),
    ...fenceHandlers(services.fences),
    ...placementHandlers(services.placement),
    ...poolHandlers(services.pools),
    ...volumeHandlers(services.volumes),
    ...operationHandlers(services.operations),
    ...eventHandlers(services.events),
    ...hostHandlers(services.host),
    ...accessHandlers(services.access, origins),
    ...passkeyHandlers(services.access),
    ...projectHandlers(services.projects, services.access),
    ...providerHandlers(services.access),
    ...auditHandlers(services.audit),
    ...watchHandlers(services.watch),
    ...webhookHandlers(services.webhooks),
    ...clusterHandlers(services.cluster),
    ...peerHandlers(services.cluster),
    ...arrivalHandlers(services.arrivals),
    ...outsideHandlers(services.visits),
    ...replicaHandlers(services.replicas),
    ...copyHandlers(services.replicas),
  },
  streams: {
    ...guestStreams(services.guests),
    ...consoleStreams(services.consoles, services.guests, services.desktops),
    ...soundStreams(services.sounds),
    ...desktopStreams(services.desktops),
    ...eventStreams(services.events),
  },
});
