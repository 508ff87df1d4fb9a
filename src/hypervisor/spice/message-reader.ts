/**
 * Messages out of the bytes that a guest's agent says. What a guest says is not to be believed: only messages that
 * somebody waits for are kept, none longer than its kind may be; what is longer, and all others, are passed over as they
 * come, byte by byte, without being kept.
 */
import {
  chunkHead,
  clientPort,
  messageHead,
  type Message,
  messageType,
  readHead,
  serverPort,
  SpiceProtocolError,
} from "./protocol.ts";

/** Bytes of text that a clipboard may have. */
export const longestClipboard = 1024 * 1024;

/** The longest that each kind of message may be, which is read; it has what is in the clipboard behind its two words. */
const longest: ReadonlyMap<number, number> = new Map([
  [messageType.capabilities, 64],
  [messageType.grab, 256],
  [messageType.request, 8],
  [messageType.release, 4],
  [messageType.clipboard, longestClipboard + 8],
  [messageType.fileStatus, 256],
]);
/** Bytes that are set aside for a message before more than its head has come. */
const firstRoom = 4096;
/** No agent sends more at once than a copied picture; more is a sign that bytes were lost. */
const longestChunk = 256 * 1024 * 1024;

export class MessageReader {
  readonly #take: (message: Message) => void;
  readonly #head = Buffer.alloc(messageHead);
  #chunk = Buffer.alloc(0);
  /** Bytes to come of the present chunk, and whether they are for us. */
  #chunkLeft = 0;
  #ours = false;
  #headHave = 0;
  #type = 0;
  /** Bytes to come of the present message. */
  #left = 0;
  /** What came of the present message so far, with room for more; undefined where it is passed over. */
  #data: Buffer | undefined;
  #have = 0;

  constructor(take: (message: Message) => void) {
    this.#take = take;
  }

  /** @throws SpiceProtocolError where the bytes are none of the protocol's: all that follows would be as well */
  push(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) rest = this.#chunkLeft === 0 ? this.#begin(rest) : this.#goOn(rest);
  }

  #begin(bytes: Buffer): Buffer {
    const missing = chunkHead - this.#chunk.length;
    this.#chunk = Buffer.concat([this.#chunk, bytes.subarray(0, missing)]);
    if (this.#chunk.length < chunkHead) return bytes.subarray(missing);
    const [port, size] = [this.#chunk.readUInt32LE(0), this.#chunk.readUInt32LE(4)];
    if (port !== clientPort && port !== serverPort) throw new SpiceProtocolError(`there is no port ${port}`);
    if (size === 0 || size > longestChunk) throw new SpiceProtocolError(`a chunk of ${size} bytes`);
    this.#chunk = Buffer.alloc(0);
    this.#chunkLeft = size;
    this.#ours = port === clientPort;
    return bytes.subarray(missing);
  }

  #goOn(bytes: Buffer): Buffer {
    let piece = bytes.subarray(0, this.#chunkLeft);
    this.#chunkLeft -= piece.length;
    const rest = bytes.subarray(piece.length);
    while (this.#ours && piece.length > 0)
      piece = this.#headHave < messageHead ? this.#read(piece) : this.#fill(piece);
    return rest;
  }

  #read(piece: Buffer): Buffer {
    const taken = piece.copy(this.#head, this.#headHave, 0, messageHead - this.#headHave);
    this.#headHave += taken;
    if (this.#headHave < messageHead) return piece.subarray(taken);
    const { type, size } = readHead(this.#head);
    if (size > longestChunk) throw new SpiceProtocolError(`a message of ${size} bytes`);
    this.#type = type;
    this.#left = size;
    const most = longest.get(type);
    this.#data = most === undefined || size > most ? undefined : Buffer.alloc(Math.min(size, firstRoom));
    this.#have = 0;
    // A text that is too long is as good as none: somebody may wait for an answer.
    if (type === messageType.clipboard && !this.#data) this.#take({ type, data: Buffer.alloc(0) });
    if (size === 0) this.#end();
    return piece.subarray(taken);
  }

  #fill(piece: Buffer): Buffer {
    const part = piece.subarray(0, this.#left);
    this.#left -= part.length;
    this.#keep(part);
    if (this.#left === 0) this.#end();
    return piece.subarray(part.length);
  }

  #keep(part: Buffer): void {
    if (!this.#data) return;
    if (this.#have + part.length > this.#data.length) {
      const room = Buffer.alloc(Math.max(2 * this.#data.length, this.#have + part.length));
      this.#data.copy(room, 0, 0, this.#have);
      this.#data = room;
    }
    part.copy(this.#data, this.#have);
    this.#have += part.length;
  }

  #end(): void {
    const data = this.#data?.subarray(0, this.#have);
    this.#headHave = 0;
    this.#data = undefined;
    if (data) this.#take({ type: this.#type, data });
  }
}
