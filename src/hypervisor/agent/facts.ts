import { isIPv6, SocketAddress } from "node:net";
import { Fields } from "./protocol.ts";

export interface GuestInterface {
  readonly name: string;
  readonly mac: string;
  /** The kernel's operstate: up, down, unknown, … */
  readonly state: string;
  /** With their prefix: 192.0.2.7/24 */
  readonly addresses: readonly string[];
}

export interface GuestDisk {
  /** Where it is mounted. */
  readonly path: string;
  readonly type: string;
  readonly device: string;
  readonly writable: boolean;
  /** Bytes. */
  readonly size: number;
  readonly free: number;
  /** The disk that this is a partition of, and its number there. */
  readonly whole: string | undefined;
  readonly partition: number | undefined;
}

/** What a guest says of itself. It may lie: nothing of it is used to decide about other guests. */
export interface GuestFacts {
  readonly hostname: string;
  readonly kernel: string;
  readonly machine: string;
  readonly agentVersion: number;
  readonly os: { readonly id: string; readonly version: string; readonly name: string };
  /** Seconds. */
  readonly uptime: number;
  /** Seconds since 1970, by the guest's clock. */
  readonly time: number;
  /** Average of one minute. */
  readonly load: number;
  readonly bootId: string;
  readonly machineId: string;
  /** Bytes. */
  readonly memoryTotal: number;
  readonly memoryAvailable: number;
  readonly interfaces: readonly GuestInterface[];
  readonly disks: readonly GuestDisk[];
}

export const parseFacts = (fields: Fields): GuestFacts => ({
  hostname: fields.text("hostname") ?? "",
  kernel: fields.text("kernel") ?? "",
  machine: fields.text("machine") ?? "",
  agentVersion: fields.number("agent") ?? 0,
  os: {
    id: fields.text("os.ID") ?? "",
    version: fields.text("os.VERSION_ID") ?? "",
    name: fields.text("os.PRETTY_NAME") ?? "",
  },
  uptime: fields.number("uptime") ?? 0,
  time: fields.number("time") ?? 0,
  load: fields.number("load") ?? 0,
  bootId: fields.text("boot_id") ?? "",
  machineId: fields.text("machine_id") ?? "",
  memoryTotal: fields.number("memtotal") ?? 0,
  memoryAvailable: fields.number("memavailable") ?? 0,
  interfaces: fields.all("interface").map((bytes) => parseInterface(new Fields(bytes))),
  disks: fields.all("disk").map((bytes) => parseDisk(new Fields(bytes))),
});

const parseInterface = (fields: Fields): GuestInterface => ({
  name: fields.text("name") ?? "",
  mac: fields.text("mac") ?? "",
  state: fields.text("state") ?? "",
  addresses: fields.all("address").map((address) => shortAddress(address.toString())),
});

/** The kernel tells IPv6 addresses in full; they are shown with zeros left out (RFC 5952). */
function shortAddress(address: string): string {
  const [ip = "", prefix = ""] = address.split("/");
  if (!isIPv6(ip)) return address;
  return `${new SocketAddress({ address: ip, family: "ipv6" }).address}/${prefix}`;
}

const parseDisk = (fields: Fields): GuestDisk => ({
  path: fields.text("path") ?? "",
  type: fields.text("type") ?? "",
  device: fields.text("device") ?? "",
  writable: fields.text("rw") === "1",
  size: fields.number("size") ?? 0,
  free: fields.number("free") ?? 0,
  whole: fields.text("whole"),
  partition: fields.number("partition"),
});
