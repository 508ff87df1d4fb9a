import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { ClusterService } from "./services.ts";

type ClusterRoute = Extract<CallName, `cluster${string}`>;

export const clusterHandlers = (cluster: ClusterService): Handlers<ClusterRoute> => ({
  clusterGet: () => cluster.status(),
  clusterHosts: () => cluster.hosts(),
  clusterInit: ({ body }) => cluster.begin(body),
  clusterToken: ({ body }) => cluster.token(body),
  clusterJoin: ({ body }) => cluster.join(body),
  clusterLeave: () => cluster.leave(),
  clusterRemove: ({ params, query }) => cluster.remove(params.host, query),
  clusterBackup: ({ body }) => cluster.backup(body.path),
  clusterBackupContent: () => cluster.backupContent(),
  clusterRestore: ({ body }) => cluster.restore(body.path),
});
