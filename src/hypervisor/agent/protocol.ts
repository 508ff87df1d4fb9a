/**
 * The wire between Lodge and its agent in a guest. The protocol itself, with its sequence diagram, is told
 * at the head of `agent/lodge-agent`; this file is its numbers and its encoding on the host's side.
 *
 *   frame  = u32 length of payload · u8 type · u32 channel · payload · u32 epoch
 *   fields = (u8 length · key · u32 length · value)*
 *
 * A guest may be hostile: nothing here trusts a length, and a bad frame is an error, never a wait.
 */

/** Begins a connection in both directions. Read as a length it is far beyond `maxPayload`. */
export const magic = Buffer.from("\xf5lodge\r\n\x1a\0agent\xa5", "latin1");

export const maxPayload = 262_144;
/** Bytes of one stream that may be under way without having been acknowledged. */
export const streamWindow = 262_144;
/** Bytes of a stream in one frame. */
export const chunkSize = 32_768;

export const headerSize = 9;
export const trailerSize = 4;

/** Frame types: below 16 the host says them, from 16 on the agent. */
export const frameType = {
  hello: 1,
  ping: 2,
  open: 3,
  data: 4,
  eof: 5,
  ack: 6,
  control: 7,
  close: 8,
  attach: 9,
  welcome: 17,
  ready: 18,
  pong: 19,
  opened: 20,
  result: 21,
  fail: 22,
} as const;

export interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
  readonly epoch: number;
}

export function encodeFrame(type: number, channel: number, payload: Uint8Array, epoch: number): Buffer {
  const frame = Buffer.allocUnsafe(headerSize + payload.length + trailerSize);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt8(type, 4);
  frame.writeUInt32BE(channel, 5);
  frame.set(payload, headerSize);
  frame.writeUInt32BE(epoch, headerSize + payload.length);
  return frame;
}

/** A value a field may have; a list is the key repeated, `undefined` leaves it out. */
export type FieldValue = string | number | bigint | Uint8Array;
export type FieldList = Readonly<Record<string, FieldValue | readonly FieldValue[] | undefined>>;

const bytesOf = (value: FieldValue): Uint8Array =>
  value instanceof Uint8Array ? value : Buffer.from(String(value));

export function encodeFields(list: FieldList): Buffer {
  const parts: Uint8Array[] = [];
  for (const [key, given] of Object.entries(list)) {
    if (given === undefined) continue;
    for (const value of Array.isArray(given) ? (given as readonly FieldValue[]) : [given as FieldValue]) {
      const bytes = bytesOf(value);
      const head = Buffer.allocUnsafe(1 + key.length + 4);
      head.writeUInt8(key.length, 0);
      head.write(key, 1, "latin1");
      head.writeUInt32BE(bytes.length, 1 + key.length);
      parts.push(head, bytes);
    }
  }
  return Buffer.concat(parts);
}

/** Fields as the agent sent them: every key with all its values, in order. */
export class Fields {
  readonly #values = new Map<string, Buffer[]>();

  /** @throws RangeError where the bytes are no fields. */
  constructor(payload: Buffer) {
    let at = 0;
    while (at < payload.length) {
      const keyEnd = at + 1 + payload.readUInt8(at);
      const key = payload.toString("latin1", at + 1, keyEnd);
      const end = keyEnd + 4 + payload.readUInt32BE(keyEnd);
      if (end > payload.length) throw new RangeError("a field is longer than its frame");
      const values = this.#values.get(key) ?? [];
      values.push(payload.subarray(keyEnd + 4, end));
      this.#values.set(key, values);
      at = end;
    }
  }

  all(key: string): readonly Buffer[] {
    return this.#values.get(key) ?? [];
  }

  bytes(key: string): Buffer | undefined {
    return this.#values.get(key)?.[0];
  }

  text(key: string): string | undefined {
    return this.bytes(key)?.toString();
  }

  number(key: string): number | undefined {
    const text = this.text(key);
    const value = text === undefined || text === "" ? NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
}

/** DATA, EOF and ACK begin with the stream's number and a position in it. */
export function encodePosition(stream: number, offset: number, bytes: Uint8Array = new Uint8Array()): Buffer {
  const payload = Buffer.allocUnsafe(9 + bytes.length);
  payload.writeUInt8(stream, 0);
  payload.writeBigUInt64BE(BigInt(offset), 1);
  payload.set(bytes, 9);
  return payload;
}

/** @throws RangeError where the payload is too short. */
export function decodePosition(payload: Buffer): { stream: number; offset: number; bytes: Buffer } {
  return {
    stream: payload.readUInt8(0),
    offset: Number(payload.readBigUInt64BE(1)),
    bytes: payload.subarray(9),
  };
}
