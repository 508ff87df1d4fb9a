/**
 * Commands in a guest that were begun on another host, from which it came: that host's client goes on with them through
 * this one's, since QEMU takes one connection.
 *
 *   client there                      relay                       this host's link to the agent
 *     | MAGIC HELLO session, epoch --> |                             |  once the agent has answered here:
 *     | <----- MAGIC WELCOME, its boot |                             |
 *     | ATTACH, ACK, DATA, CLOSE … --> | --------------------------> |  with this link's epoch
 *     | <----------------------------- | <- frames of those channels |
 *
 * When this host's link begins anew, a relay ends: then the client there says all of it again, as with any connection that breaks.
 */
import type { Duplex } from "node:stream";
import { FrameReader, type ReadFrame } from "./frame-reader.ts";
import type { Welcome } from "./link.ts";
import { encodeFields, encodeFrame, Fields, frameType, magic } from "./protocol.ts";

export interface RelaysParts {
  readonly session: string;
  /** Resolves once the agent has answered. */
  readonly hello: () => Promise<Welcome>;
  readonly send: (type: number, channel: number, payload: Uint8Array) => void;
}

/** What a client may say of its channels. */
const passedOn: readonly number[] = [
  frameType.open,
  frameType.data,
  frameType.eof,
  frameType.ack,
  frameType.control,
  frameType.close,
  frameType.attach,
];

interface Relay {
  readonly stream: Duplex;
  epoch: number;
  welcomed: boolean;
}

export class Relays {
  readonly #parts: RelaysParts;
  readonly #open = new Set<Relay>();
  /** Whose each channel is. */
  readonly #owners = new Map<number, Relay>();

  constructor(parts: RelaysParts) {
    this.#parts = parts;
  }

  /** Serves a client at the other end, until either ends. */
  serve(stream: Duplex): void {
    const relay: Relay = { stream, epoch: 0, welcomed: false };
    const reader = new FrameReader(0, frameType.hello);
    this.#open.add(relay);
    stream.on("error", () => undefined);
    stream.once("close", () => this.#forget(relay));
    stream.on("data", (bytes: Buffer) => {
      try {
        for (const frame of reader.push(bytes)) this.#take(relay, reader, frame);
      } catch {
        stream.destroy();
      }
    });
  }

  /** Is it a frame of theirs? Then it is on its way. */
  pass({ type, channel, payload }: Pick<ReadFrame, "type" | "channel" | "payload">): boolean {
    const relay = this.#owners.get(channel);
    relay?.stream.write(encodeFrame(type, channel, payload, relay.epoch));
    return relay !== undefined;
  }

  /** The link has begun anew: so have those that knew the one before. */
  anew(): void {
    for (const { stream, welcomed } of this.#open) if (welcomed) stream.destroy();
  }

  end(): void {
    for (const { stream } of this.#open) stream.destroy();
  }

  #forget(relay: Relay): void {
    this.#open.delete(relay);
    for (const [channel, owner] of this.#owners) if (owner === relay) this.#owners.delete(channel);
  }

  /** @throws RangeError where the frame makes no sense. */
  #take(relay: Relay, reader: FrameReader, { type, channel, payload, epoch }: ReadFrame): void {
    if (type === frameType.hello) {
      relay.epoch = epoch;
      reader.follow(epoch);
      return void this.#welcome(relay, new Fields(payload)).catch(() => relay.stream.destroy());
    }
    if (!passedOn.includes(type)) return;
    if (type === frameType.close) this.#owners.delete(channel);
    else this.#owners.set(channel, relay);
    this.#parts.send(type, channel, payload);
  }

  async #welcome(relay: Relay, said: Fields): Promise<void> {
    const { stream, epoch } = relay;
    if (said.text("session") !== this.#parts.session) return void stream.destroy();
    const { boot, version, channels } = await this.#parts.hello();
    relay.welcomed = true;
    const known = Buffer.alloc(4 * channels.length);
    channels.forEach((id, at) => known.writeUInt32BE(id, 4 * at));
    const words = { nonce: said.bytes("nonce"), boot: Buffer.from(boot, "hex"), version, channels: known };
    stream.write(Buffer.concat([magic, encodeFrame(frameType.welcome, 0, encodeFields(words), epoch)]));
  }
}
