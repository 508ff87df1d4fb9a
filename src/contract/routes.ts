/**
 * Every endpoint, once. Pure data with types and no imports but more of it, so that the command line and
 * the browser load it at no cost. Schemas are named here and found in schemas.ts by the server.
 *
 * Long work answers 202 with an Operation. `stream` endpoints are WebSockets; their frames are in stream.ts.
 */
import type { Route } from "./route.ts";
import { accessRoutes } from "./routes/access.ts";
import { arrivalRoutes } from "./routes/arrival.ts";
import { clusterRoutes } from "./routes/cluster.ts";
import { consoleRoutes } from "./routes/console.ts";
import { desktopRoutes } from "./routes/desktop.ts";
import { deviceRoutes } from "./routes/device.ts";
import { diskRoutes } from "./routes/disk.ts";
import { eventRoutes } from "./routes/event.ts";
import { drainRoutes } from "./routes/drain.ts";
import { fenceRoutes } from "./routes/fence.ts";
import { guestRoutes } from "./routes/guest.ts";
import { hostRoutes } from "./routes/host.ts";
import { imageRoutes } from "./routes/image.ts";
import { firewallRoutes } from "./routes/firewall.ts";
import { networkRoutes } from "./routes/network.ts";
import { nicRoutes } from "./routes/nic.ts";
import { replicaRoutes } from "./routes/replica.ts";
import { shareRoutes } from "./routes/share.ts";
import { operationRoutes } from "./routes/operation.ts";
import { passkeyRoutes } from "./routes/passkey.ts";
import { peerRoutes } from "./routes/peer.ts";
import { placementRoutes } from "./routes/placement.ts";
import { poolRoutes } from "./routes/pool.ts";
import { projectRoutes } from "./routes/project.ts";
import { providerRoutes } from "./routes/provider.ts";
import { snapshotRoutes } from "./routes/snapshot.ts";
import { uploadRoutes } from "./routes/upload.ts";
import { watchRoutes } from "./routes/watch.ts";
import { volumeRoutes } from "./routes/volume.ts";
import { webhookRoutes } from "./routes/webhook.ts";
import { recordingRoutes } from "./routes/recording.ts";

export const routes = {
  ...guestRoutes,
  ...diskRoutes,
  ...snapshotRoutes,
  ...consoleRoutes,
  ...recordingRoutes,
  ...imageRoutes,
  ...uploadRoutes,
  ...firewallRoutes,
  ...networkRoutes,
  ...nicRoutes,
  ...replicaRoutes,
  ...shareRoutes,
  ...deviceRoutes,
  ...operationRoutes,
  ...eventRoutes,
  ...hostRoutes,
  ...accessRoutes,
  ...passkeyRoutes,
  ...projectRoutes,
  ...providerRoutes,
  ...watchRoutes,
  ...drainRoutes,
  ...fenceRoutes,
  ...placementRoutes,
  ...poolRoutes,
  ...volumeRoutes,
  ...desktopRoutes,
  ...webhookRoutes,
  ...clusterRoutes,
  ...arrivalRoutes,
  ...peerRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
