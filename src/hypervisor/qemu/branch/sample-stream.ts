/** Migration streams for tests, made item by item as QEMU makes them: the format is in stream-splitter.ts. */
import { pageSize } from "./stream-splitter.ts";

const u16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const named = (name: string) => Buffer.concat([Buffer.from([name.length]), Buffer.from(name)]);

export interface SamplePage {
  /** Undefined for a record that continues in the block of the one before. */
  readonly block?: string | undefined;
  readonly offset: number;
  /** The byte that fills the page; a page of zeros is sent as such. */
  readonly fill: number;
}

const id = 2;
export const mainBlock = "ram";
export const mainSize = 8 * pageSize;
export const smallBlock = "vga.vram";
export const smallSize = 4 * pageSize;

export const header = Buffer.concat([
  Buffer.from("QEVM"),
  u32(3),
  Buffer.from([7]),
  u32(2),
  Buffer.from("pc"),
]);
export const blockList = (blocks: Readonly<Record<string, number>>): Buffer =>
  Buffer.concat([
    u64(Object.values(blocks).reduce((sum, size) => sum + size, 0) | 0x04),
    ...Object.entries(blocks).flatMap(([name, size]) => [named(name), u64(size)]),
  ]);
export const start = (name = "ram", version = 4): Buffer =>
  Buffer.concat([Buffer.from([1]), u32(id), named(name), u32(0), u32(version)]);
export const part = (section = id): Buffer => Buffer.concat([Buffer.from([2]), u32(section)]);
export const last: Buffer = Buffer.concat([Buffer.from([3]), u32(id)]);
export const endOfSection: Buffer = Buffer.concat([u64(0x10), Buffer.from([0x7e]), u32(id)]);
export const command = (code: number, length = 0): Buffer =>
  Buffer.concat([Buffer.from([8]), u16(code), u16(length)]);
export const record = (offset: number, flags: number): Buffer => u64(offset + flags);

export const page = ({ block, offset, fill }: SamplePage): Buffer =>
  Buffer.concat([
    u64(offset + (fill === 0 ? 0x02 : 0x08) + (block === undefined ? 0x20 : 0)),
    ...(block === undefined ? [] : [named(block)]),
    fill === 0 ? Buffer.from([0]) : Buffer.alloc(pageSize, fill),
  ]);

/** Device sections that nobody here looks into, and the end of the stream. */
export const devices = (state = "06 and 7e mean nothing here"): Buffer => {
  const description = Buffer.from(JSON.stringify({ page_size: pageSize, devices: [] }));
  return Buffer.concat([
    Buffer.from([4]),
    Buffer.from(state),
    Buffer.from([0, 6]),
    u32(description.length),
    description,
  ]);
};

/** A whole stream with these rounds of pages; the last round is that of the standing machine. */
export function sampleStream(rounds: readonly (readonly SamplePage[])[], blocks = sampleBlocks): Buffer {
  return Buffer.concat([
    header,
    start(),
    blockList(blocks),
    endOfSection,
    ...rounds.flatMap((pages, at) => [
      at === rounds.length - 1 ? last : part(),
      ...pages.map(page),
      endOfSection,
    ]),
    devices(),
  ]);
}

export const sampleBlocks = { [mainBlock]: mainSize, [smallBlock]: smallSize };
