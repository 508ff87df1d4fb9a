/**
 * The encrypted tunnel between hosts, where the kernel has WireGuard: one device, of which each other host is a peer. What
 * hosts say to each other in VXLAN goes from one's address in it to the other's, and from nowhere else.
 *
 *     guest's frame ─► VXLAN, to fd4c:…::<host> ─► WireGuard, to the host's address on the underlay, UDP 8471
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { exec } from "#base/exec";
import { written } from "../guard/address.ts";
import type { Link } from "../ip.ts";

/** UDP. The peer door has 8470, of TCP. */
export const wireguardPort = 8471;

/** The device of the Lodge with this tag. */
export const wireguardName = (tag: string): string => `lgw${tag}`;

/** Bytes that it puts around a packet: its header and sum, UDP's and the underlay's IP. */
export const wireguardOverhead = (underlay: string): number => 32 + 8 + (underlay.includes(":") ? 40 : 20);

/** A host's address in the tunnel: in a /64 that nobody else has (RFC 4193), and of 64 bits that its id gives. */
export function wireguardAddress(host: string): string {
  const words = createHash("sha256").update(`wireguard ${host}`).digest("hex").match(/.{4}/g)!.slice(0, 4);
  return written(`fd4c:6f64:6765:1:${words.join(":")}`);
}

export interface WireguardPeer {
  readonly id: string;
  /** Of X25519, in base 64. */
  readonly publicKey: string;
  /** On the underlay. */
  readonly address: string;
}

export interface WireguardPlan {
  readonly tag: string;
  readonly self: string;
  readonly peers: readonly WireguardPeer[];
  /** File with this host's key, which nobody else may read. */
  readonly keyFile: string;
  /** Bytes, of the underlay. */
  readonly underlayMtu: number;
  readonly underlay: string;
}

/** A host's pair, each in base 64 as `wg` has it. */
export function wireguardKeys(): { readonly privateKey: string; readonly publicKey: string } {
  const pair = generateKeyPairSync("x25519");
  // The key itself is the end of its DER (RFC 8410, 7).
  const end = (der: Buffer) => der.subarray(-32).toString("base64");
  return {
    privateKey: end(pair.privateKey.export({ type: "pkcs8", format: "der" })),
    publicKey: end(pair.publicKey.export({ type: "spki", format: "der" })),
  };
}

/** What comes before a private key of X25519 in its DER (RFC 8410, 7). */
const before = Buffer.from("302e020100300506032b656e04220420", "hex");

export function publicKeyOf(privateKey: string): string {
  const der = Buffer.concat([before, Buffer.from(privateKey, "base64")]);
  const key = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  return key.export({ type: "spki", format: "der" }).subarray(-32).toString("base64");
}

/** What `ip -batch` is told. Pure. */
export function deviceCommands(plan: WireguardPlan, found: Link | undefined): string[] {
  const name = wireguardName(plan.tag);
  const mtu = plan.underlayMtu - wireguardOverhead(plan.underlay);
  const address = `${wireguardAddress(plan.self)}/64`;
  const has = found?.addr_info?.some(({ local, prefixlen }) => `${local}/${prefixlen}` === address);
  return [
    ...(found ? [] : [`link add name ${name} type wireguard`]),
    ...(found?.mtu === mtu ? [] : [`link set dev ${name} mtu ${mtu}`]),
    ...(has ? [] : [`address add ${address} nodad dev ${name}`]),
    ...(found?.flags.includes("UP") ? [] : [`link set dev ${name} up`]),
  ];
}

const endpoint = (address: string): string =>
  `${address.includes(":") ? `[${address}]` : address}:${wireguardPort}`;

/** The arguments of `wg` (wg(8)), one run each; `known`: keys of peers that are there. Pure. */
export function wgCommands(plan: WireguardPlan, known: readonly string[]): string[][] {
  const name = wireguardName(plan.tag);
  const wanted = new Set(plan.peers.map(({ publicKey }) => publicKey));
  return [
    ["set", name, "listen-port", String(wireguardPort), "private-key", plan.keyFile],
    ...known.filter((key) => !wanted.has(key)).map((key) => ["set", name, "peer", key, "remove"]),
    ...plan.peers.map(({ id, publicKey, address }) => [
      "set",
      name,
      "peer",
      publicKey,
      "endpoint",
      endpoint(address),
      // Each host is at its own address and at no other: what says that it is another one is dropped.
      "allowed-ips",
      `${wireguardAddress(id)}/128`,
    ]),
  ];
}

interface Tools {
  readonly links: () => Promise<Link[]>;
  readonly ipBatch: (commands: string[]) => Promise<void>;
}

/** Makes it so, with what is there already left as it is. @throws LodgeError host.command_* */
export async function ensureWireguard(plan: WireguardPlan, { links, ipBatch }: Tools): Promise<void> {
  const name = wireguardName(plan.tag);
  const found = (await links()).find(({ ifname }) => ifname === name);
  await ipBatch(deviceCommands(plan, found));
  const { stdout } = await exec("wg", ["show", name, "peers"]);
  const known = stdout.split("\n").filter((key) => key !== "");
  for (const args of wgCommands(plan, known)) await exec("wg", args);
}

/** Takes the device away, if there is one. @throws LodgeError host.command_* */
export async function removeWireguard(tag: string, { links, ipBatch }: Tools): Promise<void> {
  const name = wireguardName(tag);
  if ((await links()).some(({ ifname }) => ifname === name)) await ipBatch([`link del dev ${name}`]);
}

/** Has this kernel WireGuard, and this host its program? Tried in a namespace of its own, where one can be had. */
export async function hasWireguard(): Promise<boolean> {
  try {
    await exec("wg", ["--version"]);
    await exec("unshare", ["--net", "ip", "link", "add", "name", "lgwprobe", "type", "wireguard"]);
    return true;
  } catch {
    return false;
  }
}
