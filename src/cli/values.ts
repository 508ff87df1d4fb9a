/** How values on the command line are read and shown. Parsers throw a RangeError that says what would do. */
import type { NewDisk } from "#contract/schema/disk";
import type { Publish } from "#contract/schema/guest";

const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

/** Bytes of "512M", "2GiB", "1.5g" or "1048576". All units are binary. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text);
  const unit = units[match?.[2]?.toLowerCase() ?? ""];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`'${text}' is not a size; write 512M, 2G or 20GiB`);
  return bytes;
}

/** A size of memory: whole MiB. */
export function parseMemory(text: string): number {
  const bytes = parseSize(text);
  if (bytes % 2 ** 20 !== 0) throw new RangeError(`'${text}' is not a whole number of MiB; write 512M or 2G`);
  return bytes;
}

/** Bytes for people: "512 MiB", "1.5 GiB". */
export function formatSize(bytes: number): string {
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < names.length - 1) {
    value /= 1024;
    step++;
  }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${names[step]}`;
}

/** What a word takes away that had a value. */
export const orNone =
  <T>(parse: (text: string) => T) =>
  (text: string): T | null =>
    text === "none" ? null : parse(text);

const buses = ["virtio-blk", "virtio-scsi", "sata"] as const;
const formats = ["qcow2", "raw"] as const;

/** "20G", "20G,bus=virtio-scsi,format=raw"; without a size, "bus=sata", it is as large as its image. */
export function parseDisk(text: string): NewDisk {
  const disk: NewDisk = {};
  for (const part of text.split(",")) {
    const [key = "", value] = part.split("=", 2);
    if (value === undefined) disk.size = parseSize(part);
    else if (key === "bus") disk.bus = oneOf(buses, value);
    else if (key === "format") disk.format = oneOf(formats, value);
    else if (key === "pool") disk.pool = value;
    else throw new RangeError(`'${part}' is not known; write SIZE,bus=BUS,format=FORMAT,pool=POOL`);
  }
  return disk;
}

function oneOf<T extends string>(words: readonly T[], given: string): T {
  const word = words.find((each) => each === given);
  if (word === undefined) throw new RangeError(`'${given}' is none of ${words.join(", ")}`);
  return word;
}

export const parseCount =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new RangeError(`'${text}' is not a whole number from ${least} to ${most}`);
    }
    return number;
  };

/** Seconds of "90", "90s", "5m", "1h" or "2d". */
export function parseSeconds(text: string): number {
  const match = /^(\d+)(s|m|h|d)?$/.exec(text);
  if (!match) throw new RangeError(`'${text}' is not a time; write 90, 90s, 5m, 1h or 2d`);
  return Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[(match[2] ?? "s") as "s" | "m" | "h" | "d"];
}

/** "8080:80", "53:53/udp"; "80" means the same port on both sides. */
export function parsePublish(text: string): Publish {
  const match = /^(\d+)(?::(\d+))?(?:\/(tcp|udp))?$/.exec(text);
  const port = parseCount(1, 65535);
  try {
    if (!match) throw new RangeError();
    const hostPort = port(match[1] ?? "");
    return {
      protocol: match[3] === "udp" ? "udp" : "tcp",
      hostPort,
      guestPort: match[2] === undefined ? hostPort : port(match[2]),
    };
  } catch {
    throw new RangeError(`'${text}' is not HOSTPORT:GUESTPORT, as in 8080:80 or 53:53/udp`);
  }
}

/** "key=value"; "key" alone has an empty value. */
export function parsePair(text: string): readonly [string, string] {
  const cut = text.indexOf("=");
  const key = cut < 0 ? text : text.slice(0, cut);
  if (key === "") throw new RangeError(`'${text}' is not KEY=VALUE`);
  return [key, cut < 0 ? "" : text.slice(cut + 1)];
}

/** "K=V", or "K" to hand on the variable that has this name here. */
export function parseVariable(text: string): readonly [string, string] {
  const [key, value] = parsePair(text);
  return [key, text.includes("=") ? value : (process.env[key] ?? "")];
}

/** Time since an RFC 3339 time, in its largest unit: "12 s", "3 min", "5 h", "2 d". */
export function formatAge(since: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(since)) / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/** Time until an RFC 3339 time, in its largest unit. */
export const formatLeft = (until: string, now: number): string =>
  formatAge(new Date(now).toISOString(), Date.parse(until));

/** A moment on this computer's clock: "2026-01-02 03:04:05". */
export function formatTime(at: string): string {
  const when = new Date(at);
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  return `${day} ${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}`;
}

/** Milliseconds for people: "0.31 s", "12.4 s", "3 min 5 s". */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
