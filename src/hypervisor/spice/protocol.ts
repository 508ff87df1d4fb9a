/**
 * SPICE's agent protocol (spice-protocol: spice/vd_agent.h), as far as Lodge speaks it. All numbers are little-endian.
 *
 *   chunk:    port, size, data           chunks of one port, put together, are its messages
 *   message:  protocol (1), type, opaque (8 bytes), size, data
 *
 * The host is the "client" of SPICE here: what concerns it goes over port 1.
 */

export const clientPort = 1;
export const serverPort = 2;
const protocol = 1;

export const chunkHead = 8;
export const messageHead = 20;
/** Bytes of a chunk that spice-vdagentd takes (VD_AGENT_MAX_DATA_SIZE); it sends longer ones itself. */
const longestChunk = 2048;

export const messageType = {
  monitors: 2,
  reply: 3,
  clipboard: 4,
  capabilities: 6,
  grab: 7,
  request: 8,
  release: 9,
  fileStart: 10,
  fileStatus: 11,
  fileData: 12,
  disconnected: 13,
  maxClipboard: 14,
} as const;

/** Bits of a capabilities message. */
export const capability = {
  monitors: 1,
  clipboard: 5,
  selection: 6,
  lineEndCrlf: 9,
  maxClipboard: 10,
  filesDisabled: 13,
  fileErrors: 14,
  noReleaseOnRegrab: 16,
  grabSerial: 17,
} as const;

/** What a clipboard has; others are images. */
export const textType = 1;
export const noType = 0;
/** Which clipboard: the one of copy and paste. The others are X11's, of what is merely marked. */
export const usualSelection = 0;

export const fileResult = {
  canSend: 0,
  cancelled: 1,
  error: 2,
  success: 3,
  noSpace: 4,
  locked: 5,
  noSession: 6,
  disabled: 7,
} as const;

/** Bytes of one message's file data: it goes to the agent whole before anything else does. */
export const longestFileData = 32 * 1024;

export class SpiceProtocolError extends RangeError {}

export interface Message {
  readonly type: number;
  readonly data: Buffer;
}

export const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
};

/** A message as it goes to the agent, in chunks that it takes. */
export function encodeMessage(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const message = Buffer.concat([u32(protocol, type, 0, 0, size), ...parts]);
  const chunks: Buffer[] = [];
  for (let at = 0; at < message.length; at += longestChunk) {
    const piece = message.subarray(at, at + longestChunk);
    chunks.push(u32(clientPort, piece.length), piece);
  }
  return Buffer.concat(chunks);
}

/** @throws SpiceProtocolError where it is no message's head */
export function readHead(head: Buffer): { readonly type: number; readonly size: number } {
  if (head.readUInt32LE(0) !== protocol) throw new SpiceProtocolError("a message of another protocol");
  return { type: head.readUInt32LE(4), size: head.readUInt32LE(16) };
}

/** The set bits of a capabilities message. */
export function readCapabilities(data: Buffer): Set<number> {
  const bits = new Set<number>();
  for (let at = 4; at + 4 <= data.length; at += 4) {
    const word = data.readUInt32LE(at);
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) bits.add((at - 4) * 8 + bit);
  }
  return bits;
}

export function writeCapabilities(bits: readonly number[], request: boolean): Buffer {
  const word = bits.reduce((sum, bit) => sum | (1 << bit), 0);
  return u32(request ? 1 : 0, word >>> 0);
}
