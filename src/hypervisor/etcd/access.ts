/** How a running etcd is reached for what is done to it as a whole. */
import type { EtcdTls } from "#base/etcd-connection";
import { EtcdEndpoints } from "#base/etcd-endpoints";
import { storeFailure } from "#base/etcd-errors";

export interface EtcdAccess {
  /** Members' addresses for clients. Those that do not answer are passed over. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls | undefined;
}

/** Milliseconds in which a quorum must answer. */
export const within = 10_000;

/** @throws LodgeError store.unavailable, host.no_space; what `body` throws of the catalogue. */
export async function withEtcd<T>(
  access: EtcdAccess,
  body: (endpoints: EtcdEndpoints) => Promise<T>,
): Promise<T> {
  const endpoints = new EtcdEndpoints(access);
  try {
    return await body(endpoints);
  } catch (error) {
    throw storeFailure(error, endpoints.names);
  } finally {
    endpoints.close();
  }
}
