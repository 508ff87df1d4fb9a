/**
 * Copied text in RFB. ServerCutText and ClientCutText (RFC 6143, 7.5.6 and 7.6.4) carry Latin-1; with a negative length
 * they carry a message of the extended clipboard (rfbproto, "Extended Clipboard Pseudo-Encoding"), which is UTF-8 and sends
 * a text only to whoever asks for it:
 *
 *   flags: formats (bit 0: text), actions       caps: one size for each format
 *   notify: there is one    request: send it    provide: here it is, deflated    peek: is there one?
 */
import { constants, deflateSync, inflateSync } from "node:zlib";

/** Bytes of a text, as UTF-8 and with CRLF at its lines' ends: what a guest's agent takes as well. */
export const longestText = 1024 * 1024;
/** What may be around it: CRLF for LF at worst, its length, a zero. */
const longestInflated = 2 * longestText + 16;
/** A text that does not get shorter by deflating, and heads. */
export const longestCutText = longestInflated + 4096;

/** By which a viewer says that it knows the extended clipboard; no rectangle is encoded so. */
export const extendedClipboard = -1063131698;

const text = 1;
const action = {
  caps: 1 << 24,
  request: 1 << 25,
  peek: 1 << 26,
  notify: 1 << 27,
  provide: 1 << 28,
} as const;

export type CutText =
  /** Undefined: there is one, but it is broken or longer than it may be. */
  | { readonly kind: "text"; readonly text: string | undefined }
  | { readonly kind: "request" | "peek" | "nothing" }
  | { readonly kind: "notify"; readonly hasText: boolean };

const nothing: CutText = { kind: "nothing" };
const useless: CutText = { kind: "text", text: undefined };

/**
 * What a viewer says by a whole ClientCutText. What concerns no text says nothing; nor does a text by the extended
 * clipboard that is not awaited: to inflate it takes a thousand times what to send it does.
 */
export function readCutText(message: Buffer, isAwaited = true): CutText {
  const length = message.readInt32BE(4);
  if (length >= 0) {
    const latin = message.subarray(8);
    return latin.length > longestText ? useless : { kind: "text", text: latin.toString("latin1") };
  }
  if (message.length < 12) return nothing;
  const flags = message.readUInt32BE(8);
  const hasText = (flags & text) !== 0;
  if (flags & action.caps) return nothing;
  if (flags & action.notify) return { kind: "notify", hasText };
  if (flags & action.peek) return { kind: "peek" };
  if (!hasText) return nothing;
  if (flags & action.request) return { kind: "request" };
  return flags & action.provide && isAwaited ? provided(message.subarray(12)) : nothing;
}

/** Text is the first of the formats, so it comes first. */
function provided(deflated: Buffer): CutText {
  let data: Buffer;
  try {
    // A viewer's stream is flushed but has no end.
    data = inflateSync(deflated, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: longestInflated,
    });
  } catch {
    return useless;
  }
  if (data.length < 4) return useless;
  const bytes = data.subarray(4, 4 + data.readUInt32BE(0));
  const end = bytes.indexOf(0);
  const words = (end < 0 ? bytes : bytes.subarray(0, end)).toString().replaceAll("\r\n", "\n");
  return Buffer.byteLength(words) > longestText ? useless : { kind: "text", text: words };
}

function extended(flags: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(12);
  head[0] = 3;
  head.writeInt32BE(-(4 + data.length), 4);
  head.writeUInt32BE(flags >>> 0, 8);
  return Buffer.concat([head, data]);
}

/** What the gateway can: begins the extended clipboard with a viewer that named it. */
export function clipboardCaps(): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(longestText);
  return extended(text | action.caps | action.request | action.peek | action.notify | action.provide, size);
}

export const clipboardNotify = (hasText: boolean): Buffer => extended(action.notify | (hasText ? text : 0));
export const clipboardRequest = (): Buffer => extended(action.request | text);

export function clipboardProvide(words: string): Buffer {
  const bytes = Buffer.from(`${words.replaceAll(/\r\n|\r|\n/g, "\r\n")}\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return extended(action.provide | text, deflateSync(Buffer.concat([length, bytes])));
}
