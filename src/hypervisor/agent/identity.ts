import { encodeFields, type FieldList } from "./protocol.ts";

/** A file as identity writes it: whole, its folders made as needed. */
export interface IdentityFile {
  readonly path: string;
  readonly data: string | Uint8Array;
  /** Permission bits; default 0o644. */
  readonly mode?: number;
  /** Default: root. */
  readonly uid?: number;
  readonly gid?: number;
}

export interface IdentityNetwork {
  /** Which interface: by name, by its present MAC, or (neither) the guest's only one. */
  readonly name?: string;
  readonly mac?: string;
  /** The MAC it gets. */
  readonly newMac?: string;
  readonly address?: string;
  /** Bits of the network, 0 to 32; default 24. */
  readonly prefix?: number;
  readonly gateway?: string | undefined;
  /** IPv6, in a network of 64 bits. */
  readonly address6?: string;
  readonly gateway6?: string | undefined;
  readonly mtu?: number;
  /** Default true. */
  readonly up?: boolean;
}

/** What makes a forked guest its own machine. Every part is optional; the agent starts no process for any. */
export interface Identity {
  readonly hostname?: string;
  /** 32 hexadecimal digits. */
  readonly machineId?: string;
  /** Random bytes for the kernel's generator, 64 or more; at most 4096. */
  readonly entropy?: Uint8Array;
  /** Nanoseconds since 1970, taken as late as possible. */
  readonly clock?: bigint;
  readonly files?: readonly IdentityFile[];
  /** Symbolic links, replaced where they exist. */
  readonly links?: readonly { readonly path: string; readonly target: string }[];
  /** Public keys added to users' authorized_keys, one a line. */
  readonly keys?: readonly { readonly user: string; readonly lines: string }[];
  readonly networks?: readonly IdentityNetwork[];
  /** PCI addresses of virtio devices that it has no use for until its next boot. */
  readonly release?: readonly string[];
}

const network = (it: IdentityNetwork): FieldList => ({
  name: it.name,
  mac: it.mac,
  new_mac: it.newMac,
  address: it.address,
  prefix: it.prefix,
  gateway: it.gateway,
  address6: it.address6,
  gateway6: it.gateway6,
  mtu: it.mtu,
  up: it.up === false ? 0 : 1,
});

/** The request's fields, as told at `serve_identity` in `agent/lodge-agent`. */
export const identityFields = (identity: Identity): FieldList => ({
  hostname: identity.hostname,
  machine_id: identity.machineId,
  entropy: identity.entropy,
  clock: identity.clock,
  file: identity.files?.map(({ path, data, mode, uid, gid }) => encodeFields({ path, data, mode, uid, gid })),
  link: identity.links?.map(({ path, target }) => encodeFields({ path, target })),
  keys: identity.keys?.map(({ user, lines }) => encodeFields({ user, data: lines })),
  network: identity.networks?.map((it) => encodeFields(network(it))),
  release: identity.release,
});
