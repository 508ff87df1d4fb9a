/**
 * A recording of a guest's display as a file, version 1. Numbers are big-endian, as in RFB; every check is the CRC-32
 * (ISO-HDLC, as in PNG) of the head's or the block's bytes before it.
 *
 *   file     = head block* [trailer]
 *   head     = "LODGEREC" u16:version u16:0 u32:length JSON(length) u32:check
 *   block    = u8:kind u8:flags u16:0 u32:time u32:length bytes(length) u32:check
 *   trailer  = u64:where the block "index" begins, "LODGEEND"
 *
 *   kind 1   frame   u16:width u16:height of the screen, and a FramebufferUpdate of RFB (RFC 6143, 7.6.1)
 *                    flag 1: a key frame, which holds all of the screen and needs nothing before it
 *   kind 2   note    JSON: {"is":"away"} the guest has no display for a while, {"is":"back"}
 *   kind 3   end     JSON: {"reason": …}
 *   kind 4   index   for each key frame u32:time u64:where its block begins
 *
 * Times are milliseconds since the head's `startedAt`, and never fall. Rectangles are in the encodings TightPNG (a colour, a
 * JPEG or a PNG) or raw (0x00RRGGBB, little-endian): each can be drawn without having seen any other.
 *
 * A file whose writer died has no trailer, perhaps no whole last block. All blocks that are whole count: scan.ts
 * finds where they end, and their key frames on the way.
 */
import { LodgeError } from "../errors.ts";
import { crc32 } from "./crc32.ts";

export const kind = { frame: 1, note: 2, end: 3, index: 4 } as const;
export const keyFlag = 1;
const known: ReadonlySet<number> = new Set(Object.values(kind));

/** What stands in the head. */
export interface RecordingHead {
  readonly guest: string;
  readonly guestName: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly startedBy: string;
}

export interface BlockHead {
  readonly kind: number;
  readonly isKey: boolean;
  /** Milliseconds since the start. */
  readonly time: number;
  /** Bytes between this head and the check. */
  readonly length: number;
}

export interface Block extends BlockHead {
  readonly bytes: Uint8Array;
}

/** Where a key frame begins. */
export interface KeyFrame {
  readonly time: number;
  readonly offset: number;
}

const version = 1;
const magic = "LODGEREC";
const endMagic = "LODGEEND";
/** Before a head's JSON. */
export const headStart = 16;
/** Before a block's bytes. */
export const blockStart = 12;
/** Around a block's bytes. */
export const blockFrame = blockStart + 4;
export const trailerLength = 16;
const entryLength = 12;
/** No head is longer, and no block: a raw picture of QEMU's largest screen. */
const longestHead = 65_536;
export const longestBlock = 64 * 1024 * 1024;

export const damaged = (reason: string): LodgeError => new LodgeError("recording.damaged", { reason });

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const isAscii = (bytes: Uint8Array, at: number, text: string): boolean =>
  [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));

function putAscii(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
}

function closed(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - 4;
  viewOf(bytes).setUint32(end, crc32(bytes.subarray(0, end)));
  return bytes;
}

const isClosed = (bytes: Uint8Array): boolean =>
  viewOf(bytes).getUint32(bytes.length - 4) === crc32(bytes.subarray(0, bytes.length - 4));

export function writeHead(head: RecordingHead): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(head));
  const bytes = new Uint8Array(headStart + json.length + 4);
  putAscii(bytes, 0, magic);
  viewOf(bytes).setUint16(8, version);
  viewOf(bytes).setUint32(12, json.length);
  bytes.set(json, headStart);
  return closed(bytes);
}

/** How long the head is, out of its first 16 bytes. @throws LodgeError recording.damaged */
export function headLength(start: Uint8Array): number {
  if (start.length < headStart || !isAscii(start, 0, magic)) throw damaged("it is no recording");
  const found = viewOf(start).getUint16(8);
  if (found !== version) throw damaged(`its version is ${found}, and ${version} is known`);
  const length = viewOf(start).getUint32(12);
  if (length > longestHead) throw damaged("its head is too long");
  return headStart + length + 4;
}

/** @throws LodgeError recording.damaged */
export function readHead(bytes: Uint8Array): RecordingHead {
  if (bytes.length !== headLength(bytes) || !isClosed(bytes)) throw damaged("its head is not whole");
  return JSON.parse(new TextDecoder().decode(bytes.subarray(headStart, -4))) as RecordingHead;
}

export function writeBlock(block: Pick<Block, "kind" | "isKey" | "time" | "bytes">): Uint8Array {
  const { length } = block.bytes;
  const bytes = new Uint8Array(length + blockFrame);
  bytes[0] = block.kind;
  bytes[1] = block.isKey ? keyFlag : 0;
  viewOf(bytes).setUint32(4, block.time);
  viewOf(bytes).setUint32(8, length);
  bytes.set(block.bytes, blockStart);
  return closed(bytes);
}

/** What a block's first 12 bytes say; undefined where no block of this version begins so. */
export function readBlockHead(start: Uint8Array): BlockHead | undefined {
  const view = viewOf(start);
  const head = {
    kind: view.getUint8(0),
    isKey: (view.getUint8(1) & keyFlag) !== 0,
    time: view.getUint32(4),
    length: view.getUint32(8),
  };
  const sound = known.has(head.kind) && view.getUint16(2) === 0 && head.length <= longestBlock;
  return sound ? head : undefined;
}

/** A block that has all of its bytes; undefined where one of them is another than was written. */
export function readBlock(bytes: Uint8Array): Block | undefined {
  const head = bytes.length < blockFrame ? undefined : readBlockHead(bytes);
  if (!head || bytes.length !== head.length + blockFrame || !isClosed(bytes)) return undefined;
  return { ...head, bytes: bytes.subarray(blockStart, -4) };
}

export function writeIndex(keys: readonly KeyFrame[]): Uint8Array {
  const bytes = new Uint8Array(keys.length * entryLength);
  const view = viewOf(bytes);
  keys.forEach(({ time, offset }, index) => {
    view.setUint32(index * entryLength, time);
    view.setBigUint64(index * entryLength + 4, BigInt(offset));
  });
  return bytes;
}

export function readIndex(bytes: Uint8Array): KeyFrame[] {
  const view = viewOf(bytes);
  return Array.from({ length: Math.floor(bytes.length / entryLength) }, (_, index) => ({
    time: view.getUint32(index * entryLength),
    offset: Number(view.getBigUint64(index * entryLength + 4)),
  }));
}

export function writeTrailer(index: number): Uint8Array {
  const bytes = new Uint8Array(trailerLength);
  viewOf(bytes).setBigUint64(0, BigInt(index));
  putAscii(bytes, 8, endMagic);
  return bytes;
}

/** Where the index begins; undefined where this is no trailer. */
export function readTrailer(bytes: Uint8Array): number | undefined {
  if (bytes.length !== trailerLength || !isAscii(bytes, 8, endMagic)) return undefined;
  return Number(viewOf(bytes).getBigUint64(0));
}

export const writeJson = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** What a note or an end says. @throws LodgeError recording.damaged */
export function readJson(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw damaged("a note in it is no JSON");
  }
}
