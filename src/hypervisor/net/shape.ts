/**
 * Rates of a guest's NIC, kept by the kernel's token bucket (tc-tbf(8)).
 *
 *   to the guest     a bucket before the tap
 *   from the guest   what comes out of the tap is led through a device of its own (an ifb), before which there is
 *                    a bucket; from there it goes on its way
 *
 * Shaping rather than policing. What is too much for a guest waits up to 50 ms before any of it is dropped. What is too much
 * from a guest waits in the guest: its queue here is longer than what QEMU lets it have on the way (qemu/nic.ts), so
 * nothing is dropped, and a guest that sends without end costs the host no more than its rate. The ifb is
 * named after its tap and goes with it (tap.ts).
 */
import { existsSync } from "node:fs";
import { exec } from "#base/exec";
import { hasCode } from "#contract/errors";
import { ipBatch } from "./ip.ts";
import { shaperOf } from "./names.ts";

/** Bytes a second. */
export interface Rates {
  readonly in?: number | undefined;
  readonly out?: number | undefined;
}

/** Bytes of one packet as large as it gets. */
const largest = 65_536 + 1514;

/** Bytes: one packet as large as segmentation offload makes them has to fit, and a hundredth of a second's worth. */
const bucket = (rate: number): number => Math.max(largest, Math.round(rate / 100));

/** Input for `tc -batch -`: what there is on a device already is replaced. */
export const bucketBefore = (device: string, rate: number, queue = "latency 50ms"): string =>
  `qdisc replace dev ${device} root tbf rate ${rate}bps burst ${bucket(rate)} ${queue}`;

/** The same for the device that leads what a guest sends. */
export const bucketBehind = (shaper: string, rate: number): string =>
  bucketBefore(shaper, rate, "limit 262144");

export const throughShaper = (tap: string, shaper: string): string[] => [
  `qdisc replace dev ${tap} handle ffff: ingress`,
  `filter replace dev ${tap} parent ffff: protocol all prio 1 handle 800::1 u32 match u32 0 0 action mirred egress redirect dev ${shaper}`,
];

const isThere = (device: string): boolean => existsSync(`/sys/class/net/${device}`);

const tc = async (commands: readonly string[]): Promise<void> => {
  if (commands.length > 0) await exec("tc", ["-batch", "-"], { input: `${commands.join("\n")}\n` });
};

/** One that is not there is no error. */
async function remove(...qdisc: string[]): Promise<void> {
  await exec("tc", ["qdisc", "delete", "dev", ...qdisc]).catch((error: unknown) => {
    if (!hasCode(error, "host.command_failed")) throw error;
  });
}

/** Makes a tap's rates these; without one there is no limit. Idempotent. @throws LodgeError host.command_failed */
export async function shapeTap(tap: string, rates: Rates): Promise<void> {
  const shaper = shaperOf(tap);
  if (rates.in === undefined) await remove(tap, "root");
  else await tc([bucketBefore(tap, rates.in)]);
  if (rates.out === undefined) {
    await remove(tap, "ingress");
    if (isThere(shaper)) await ipBatch([`link del dev ${shaper}`]);
    return;
  }
  if (!isThere(shaper)) await ipBatch([`link add name ${shaper} type ifb`]);
  await ipBatch([`link set dev ${shaper} addrgenmode none up`]);
  await tc([bucketBehind(shaper, rates.out), ...throughShaper(tap, shaper)]);
}
