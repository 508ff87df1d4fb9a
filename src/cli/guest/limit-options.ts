/** Options for how much a guest may take of what it shares with others. "none" takes a limit away. */
import type { LimitsChange } from "#contract/schema/limits";
import { many, parsed, type Values } from "../command.ts";
import { parseCount, parseSize } from "../values.ts";

const none = "none";

const orNone =
  <T>(parse: (text: string) => T) =>
  (text: string): T | null =>
    text === none ? null : parse(text);

/** Bytes a second: "50M", "50M/s". */
export function parseRate(text: string): number {
  const rate = parseSize(text.replace(/\/s$/, ""));
  if (rate < 4096) throw new RangeError(`'${text}' is less than 4K a second`);
  return rate;
}

export function parseCap(text: string): number {
  const cap = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || cap < 0.01)
    throw new RangeError(`'${text}' is not a number of processors; write 0.5 or 2`);
  return cap;
}

/** "4x30s": four times as much, for 30 seconds. */
export function parseBurst(text: string): { factor: number; seconds: number } {
  const match = /^(\d+(?:\.\d+)?)x(\d+)s?$/.exec(text);
  const [factor, seconds] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || factor < 1 || factor > 1000 || seconds < 1 || seconds > 3600)
    throw new RangeError(`'${text}' is not a burst; 4x30s is four times as much for 30 seconds`);
  return { factor, seconds };
}

/** "50M" of all, "disk1:50M" of one. */
const ofOne =
  <T>(kind: "disk" | "nic", parse: (text: string) => T) =>
  (text: string): { readonly id: string | undefined; readonly value: T | null } => {
    const match = new RegExp(`^(${kind}\\d+):(.*)$`).exec(text);
    return { id: match?.[1], value: orNone(parse)(match?.[2] ?? text) };
  };

const operations = parseCount(1, 10_000_000);

export const limitOptions = {
  "cpu-weight": parsed(
    "N",
    "Its share of the processors where they are short; others have 100 ('none': 100).",
    orNone(parseCount(1, 10_000)),
  ),
  "cpu-cap": parsed(
    "N",
    "Processors it may take at most, such as 0.5 or 2; 'none' for no cap.",
    orNone(parseCap),
  ),
  "cpu-pin": parsed(
    "LIST",
    "Processors of this computer that it may run on, such as 0-3,8; 'none' for all.",
    orNone((text) => text),
  ),
  swap: parsed("SIZE", "How much of it may be swapped out; 'none' for no limit.", orNone(parseSize)),
  "disk-read": many(
    "[DISK:]RATE",
    "Bytes a second it may read, such as 50M: of all its disks together or of one (disk1:50M). 'none' for no limit.",
    ofOne("disk", parseRate),
  ),
  "disk-write": many("[DISK:]RATE", "Likewise, bytes a second it may write.", ofOne("disk", parseRate)),
  "disk-read-ops": many("[DISK:]N", "Likewise, reads a second.", ofOne("disk", operations)),
  "disk-write-ops": many("[DISK:]N", "Likewise, writes a second.", ofOne("disk", operations)),
  "disk-burst": many(
    "[DISK:]FACTORxSECONDS",
    "How far it may go beyond those after a rest: 4x30s is four times as much for 30 seconds.",
    ofOne("disk", parseBurst),
  ),
  "net-in": many(
    "[NIC:]RATE",
    "Bytes a second that may come to it, such as 10M: of each network card or of one (nic1:10M).",
    ofOne("nic", parseRate),
  ),
  "net-out": many("[NIC:]RATE", "Likewise, bytes a second it may send.", ofOne("nic", parseRate)),
} as const;

type Given = Partial<Values<typeof limitOptions>>;

const single = { "cpu-weight": "weight", "cpu-cap": "cap", "cpu-pin": "pin", swap: "swap" } as const;
const several = {
  "disk-read": ["disk", "readBytes"],
  "disk-write": ["disk", "writeBytes"],
  "disk-read-ops": ["disk", "readOps"],
  "disk-write-ops": ["disk", "writeOps"],
  "disk-burst": ["disk", "burst"],
  "net-in": ["nic", "in"],
  "net-out": ["nic", "out"],
} as const;

/** Undefined: nothing of it was given. */
export function limitsOf(options: Given): LimitsChange | undefined {
  const change: Record<string, any> = {};
  for (const [option, field] of Object.entries(single)) {
    const value = options[option as keyof typeof single];
    if (value !== undefined) change[field] = value;
  }
  for (const [option, [kind, field]] of Object.entries(several))
    for (const { id, value } of options[option as keyof typeof several] ?? []) {
      const place = id === undefined ? (change[kind] ??= {}) : ((change[`${kind}s`] ??= {})[id] ??= {});
      place[field] = value;
    }
  return Object.keys(change).length === 0 ? undefined : (change as LimitsChange);
}
