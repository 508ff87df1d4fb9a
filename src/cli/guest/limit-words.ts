/** Guests' limits for people, a line each. */
import type { DiskLimits, GuestLimits, NicLimits } from "#contract/schema/limits";
import { formatSize } from "../values.ts";

const rate = (bytes: number | undefined, what: string): string[] =>
  bytes === undefined ? [] : [`${what} ${formatSize(bytes)}/s`];
const operations = (count: number | undefined, what: string): string[] =>
  count === undefined ? [] : [`${count} ${what}/s`];

const disk = ({ readBytes, writeBytes, readOps, writeOps, burst }: DiskLimits): string =>
  [
    ...rate(readBytes, "read"),
    ...rate(writeBytes, "write"),
    ...operations(readOps, "reads"),
    ...operations(writeOps, "writes"),
    ...(burst ? [`bursts of ${burst.factor} × for ${burst.seconds} s`] : []),
  ].join(", ");

const nic = (limits: NicLimits): string => [...rate(limits.in, "in"), ...rate(limits.out, "out")].join(", ");

/** Undefined where nothing is limited. */
export function limitWords(limits: GuestLimits | undefined): string | undefined {
  if (!limits) return undefined;
  const { weight, cap, pin, swap } = limits;
  return [
    ...(weight === undefined ? [] : [`processors' weight ${weight}`]),
    ...(cap === undefined ? [] : [`at most ${cap} processors`]),
    ...(pin === undefined ? [] : [`on processors ${pin}`]),
    ...(swap === undefined ? [] : [`at most ${formatSize(swap)} swapped out`]),
    ...(limits.disk ? [`disks  ${disk(limits.disk)}`] : []),
    ...Object.entries(limits.disks ?? {}).map(([id, own]) => `${id}  ${disk(own)}`),
    ...(limits.nic ? [`each card  ${nic(limits.nic)}`] : []),
    ...Object.entries(limits.nics ?? {}).map(([id, own]) => `${id}  ${nic(own)}`),
  ].join("\n");
}
