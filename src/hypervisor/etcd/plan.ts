/** What one member of an etcd is started with. The command line is made of it and nothing else: argv.ts. */

/** Files in PEM, read by etcd anew at each handshake: what replaces them counts from the next one on. */
export interface EtcdFiles {
  readonly ca: string;
  /**
   * For its address, with both serverAuth and clientAuth: etcd's gateway is a client of etcd itself, and shows this one.
   */
  readonly cert: string;
  /** May be the same file. */
  readonly key: string;
  /** A list of what the authority signed and does not hold any more. */
  readonly revoked?: string;
}

export interface EtcdPlan {
  /** Unique among the members. */
  readonly name: string;
  /** Its state; nobody else's. It is found again by it. */
  readonly folder: string;
  /** File that gets what it says; appended to. */
  readonly log: string;
  /** The one address of this host on which it listens, for members and for clients. */
  readonly address: string;
  readonly peerPort: number;
  readonly clientPort: number;
  /** Both sides show certificates of this authority; undefined: plain HTTP, for tests on loopback. */
  readonly tls?: EtcdFiles;
  /** Names this etcd; two with different ones never speak to each other by mistake. */
  readonly token: string;
  /** All members as they are when this one begins, itself included. */
  readonly members: readonly EtcdPeer[];
  /** "new": the members begin an etcd together; "existing": this one was added to those that run. */
  readonly state: "new" | "existing";
  /** Bytes that its database may have. Default 8 GiB, the most that etcd is made for. */
  readonly quota?: number;
}

export interface EtcdPeer {
  readonly name: string;
  /** "https://localhost:2380" */
  readonly url: string;
}

/** An address as it stands in a URL. */
const inUrl = (address: string): string => (address.includes(":") ? `[${address}]` : address);

const url = ({ address, tls }: EtcdPlan, port: number): string =>
  `${tls ? "https" : "http"}://${inUrl(address)}:${port}`;

export const peerUrl = (plan: EtcdPlan): string => url(plan, plan.peerPort);
export const clientUrl = (plan: EtcdPlan): string => url(plan, plan.clientPort);
