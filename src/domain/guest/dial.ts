/** A connection from this host to a guest's card, by addresses that Lodge gave both. */
import { Socket } from "node:net";
import { LodgeError } from "#contract/errors";
import type { HostWay } from "../network/networks.ts";

/** Milliseconds for an address to answer. */
const patience = 10_000;

export interface Dial {
  /** The guest's name, for errors. */
  readonly guest: string;
  readonly port: number;
  readonly signal: AbortSignal;
  /** Aborted once the guest's process has ended, which no packet tells. */
  readonly gone: AbortSignal;
}

/** Each direction ends by itself. Fails with errors of the catalogue alone. @throws LodgeError port.refused */
export async function dial({ address, from }: HostWay, to: Dial): Promise<Socket> {
  const socket = new GuestSocket(to);
  // Without an address of this host's own there, the way to the card's could be one out of this host.
  socket.connect({ host: address, port: to.port, localAddress: from });
  await socket.connected;
  return socket;
}

class GuestSocket extends Socket {
  readonly connected: Promise<void>;
  readonly #to: Dial;
  #isConnected = false;

  constructor(to: Dial) {
    super({ allowHalfOpen: true });
    this.#to = to;
    const { signal, gone } = to;
    const stop = () => this.destroy(new RangeError("the guest has stopped, or went to another host"));
    const leave = () => this.destroy(signal.reason as Error);
    gone.addEventListener("abort", stop, { once: true });
    signal.addEventListener("abort", leave, { once: true });
    this.once("close", () => {
      gone.removeEventListener("abort", stop);
      signal.removeEventListener("abort", leave);
    });
    if (signal.aborted) leave();
    this.setTimeout(patience, () => this.destroy(new RangeError(`no answer within ${patience / 1000} s`)));
    this.setNoDelay(true);
    this.connected = new Promise((resolve, reject) => {
      this.once("error", reject);
      this.once("connect", () => {
        this.#isConnected = true;
        this.setTimeout(0);
        resolve();
      });
    });
  }

  override destroy(error?: Error): this {
    return super.destroy(error && this.#told(error));
  }

  #told(error: NodeJS.ErrnoException): LodgeError {
    if (error instanceof LodgeError) return error;
    const { guest, port } = this.#to;
    const reason = words[error.code ?? ""] ?? error.message;
    return new LodgeError(
      this.#isConnected ? "port.broken" : "port.refused",
      { guest, port, reason },
      { cause: error },
    );
  }
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by the guest",
  EHOSTUNREACH: "no route to the guest",
  EADDRNOTAVAIL: "this host has no address in the guest's network",
  ETIMEDOUT: "the guest does not answer",
};
