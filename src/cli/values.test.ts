import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatAge,
  formatDuration,
  formatSize,
  parseDisk,
  parseMemory,
  parsePair,
  parsePublish,
  parseSeconds,
  parseSize,
} from "./values.ts";

const table = <T>(parse: (text: string) => T, rows: readonly (readonly [string, T])[]) => {
  for (const [text, value] of rows)
    it(`${text} means ${JSON.stringify(value)}`, () => assert.deepEqual(parse(text), value));
};
const refuses = (parse: (text: string) => unknown, texts: readonly string[]) => {
  for (const text of texts) it(`'${text}' is refused`, () => assert.throws(() => parse(text), RangeError));
};

describe("a size", () => {
  table(parseSize, [
    ["0", 0],
    ["1048576", 1_048_576],
    ["512M", 536_870_912],
    ["512m", 536_870_912],
    ["2G", 2_147_483_648],
    ["20GiB", 21_474_836_480],
    ["20 GB", 21_474_836_480],
    ["1.5k", 1536],
    ["1T", 1_099_511_627_776],
  ]);
  refuses(parseSize, ["", "G", "-1", "1e3", "0x10", "2X", "1.3", "9999999T", "1 2", "1,5G"]);
});

describe("a disk", () => {
  table(parseDisk, [
    ["20G", { size: 21_474_836_480 }],
    ["1G,bus=sata", { size: 1_073_741_824, bus: "sata" }],
    ["format=raw", { format: "raw" }],
    ["20G,pool=team", { size: 21_474_836_480, pool: "team" }],
    ["bus=virtio-scsi,format=qcow2,2G", { bus: "virtio-scsi", format: "qcow2", size: 2_147_483_648 }],
  ]);
  refuses(parseDisk, [
    "",
    "20G,",
    "20G,scsi",
    "bus=ide",
    "bus=",
    "format=vmdk",
    "20G,size=3",
    "20G;bus=sata",
  ]);
});

describe("a size of memory", () => {
  table(parseMemory, [["512M", 536_870_912]]);
  refuses(parseMemory, ["512000", "1.3G"]);
});

describe("a published port", () => {
  table(parsePublish, [
    ["8080:80", { protocol: "tcp", hostPort: 8080, guestPort: 80 }],
    ["53:53/udp", { protocol: "udp", hostPort: 53, guestPort: 53 }],
    ["22/tcp", { protocol: "tcp", hostPort: 22, guestPort: 22 }],
  ]);
  refuses(parsePublish, ["", "0:80", "80:0", "65536:1", "a:b", "80:80:80", "80/sctp", "127.0.0.1:80:80"]);
});

describe("a pair", () => {
  table(parsePair, [
    ["a=b", ["a", "b"]],
    ["a=b=c", ["a", "b=c"]],
    ["a", ["a", ""]],
  ]);
  refuses(parsePair, ["", "=b"]);
});

describe("a time", () => {
  table(parseSeconds, [
    ["90", 90],
    ["90s", 90],
    ["5m", 300],
    ["1h", 3600],
  ]);
  refuses(parseSeconds, ["", "s", "1.5m", "-1", "1w"]);
});

describe("figures for people", () => {
  it("are in the unit that suits them", () => {
    assert.deepEqual([0, 1023, 1024, 1536, 536_870_912, 1.25 * 2 ** 30, 2 ** 50].map(formatSize), [
      "0 B",
      "1023 B",
      "1 KiB",
      "1.5 KiB",
      "512 MiB",
      "1.3 GiB",
      "1024 TiB",
    ]);
    assert.deepEqual([310, 9994, 12_400, 185_000, 179_700].map(formatDuration), [
      "0.31 s",
      "9.99 s",
      "12.4 s",
      "3 min 5 s",
      "3 min 0 s",
    ]);
    const now = Date.parse("2026-01-01T00:00:00Z");
    const ago = (seconds: number) => formatAge(new Date(now - seconds * 1000).toISOString(), now);
    assert.deepEqual([-5, 12, 180, 7200, 3 * 86_400].map(ago), ["0 s", "12 s", "3 min", "2 h", "3 d"]);
  });
});
