/** How the parts of the etcd store ask etcd: what may be asked again is, and failures are the catalogue's. */
import type { CallOptions } from "#base/etcd-connection";
import type { EtcdEndpoints } from "#base/etcd-endpoints";
import { storeFailure } from "#base/etcd-errors";

/** Milliseconds after which a call that nobody answered is given up: some elections fit in. */
export const within = 8_000;

export class EtcdClient {
  readonly endpoints: EtcdEndpoints;

  constructor(endpoints: EtcdEndpoints) {
    this.endpoints = endpoints;
  }

  /** A call that does the same when it is made twice. @throws LodgeError */
  async ask<T>(path: string, body: unknown, options: CallOptions = {}): Promise<T> {
    try {
      return (await this.endpoints.call(path, body, within, options)) as T;
    } catch (error) {
      throw this.failure(error);
    }
  }

  failure(error: unknown, lease?: string): Error {
    return storeFailure(error, this.endpoints.names, lease);
  }
}
