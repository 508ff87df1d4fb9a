/**
 * Distance between a viewer and a server, made in this process: what comes is held back for half a round trip, and where
 * the link is narrow also for as long as it takes to send. Nothing is lost, and as much waits as anybody sends:
 * a queue shows in full.
 */
import { createServer, connect, type Server, type Socket } from "node:net";

export interface Link {
  /** Milliseconds there and back. */
  readonly roundTrip: number;
  /** Bytes a millisecond towards the viewer; without it as many as come. */
  readonly rate?: number;
}

export interface Distance {
  /** Where the viewer connects to. */
  readonly path: string;
  /** WebSocket messages that the server has sent and that are not wholly at the viewer. */
  readonly underWay: number;
  close(): void;
}

/** `path` of the new socket; `to` is the server's. */
export async function putBetween(path: string, to: string, { roundTrip, rate }: Link): Promise<Distance> {
  const sent = new MessageCount();
  const arrived = new MessageCount();
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(to);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => (near.destroy(), far.destroy()));
      socket.setNoDelay(true);
    }
    hold(near, far, { roundTrip });
    far.on("data", (bytes: Buffer) => sent.count(bytes));
    hold(far, near, { roundTrip, ...(rate === undefined ? {} : { rate }) }, (bytes) => arrived.count(bytes));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    get underWay() {
      return sent.messages - arrived.messages;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Pieces are small, so that a long message does not arrive as a whole at its end. */
const piece = 1500;

function hold(from: Socket, to: Socket, link: Link, arrived?: (bytes: Buffer) => void): void {
  const { roundTrip, rate } = link;
  let free = 0;
  // One timer for all of them: of two, the one that was set later may come first.
  const waiting: { readonly due: number; readonly part: Buffer }[] = [];
  const pass = () => {
    const now = performance.now();
    while (waiting[0] && waiting[0].due <= now) {
      const { part } = waiting.shift()!;
      to.write(part);
      arrived?.(part);
    }
    if (waiting[0]) setTimeout(pass, waiting[0].due - now);
  };
  from.on("data", (bytes: Buffer) => {
    const step = rate === undefined ? bytes.length : piece;
    for (let at = 0; at < bytes.length; at += step) {
      const part = bytes.subarray(at, at + step);
      const now = performance.now();
      free = Math.max(free, now) + (rate === undefined ? 0 : part.length / rate);
      if (waiting.push({ due: free + roundTrip / 2, part }) === 1)
        setTimeout(pass, free - now + roundTrip / 2);
    }
  });
}

/** Counts whole messages of a server's in a stream (RFC 6455, 5.2): it sends them unmasked and in one frame each. */
class MessageCount {
  messages = 0;
  #head = Buffer.alloc(0);
  #left = -1;
  #upgraded = false;

  count(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, rest.length);
        this.#left -= taken;
        rest = rest.subarray(taken);
        if (this.#left === 0) this.#whole();
        continue;
      }
      this.#head = Buffer.concat([this.#head, rest]);
      rest = this.#begin();
    }
  }

  /** Reads the answer to the upgrade, or a frame's head; what lies behind it is what is left. */
  #begin(): Buffer {
    if (!this.#upgraded) {
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return Buffer.alloc(0);
      this.#upgraded = true;
      return this.#cut(end + 4);
    }
    const [, second = 0] = this.#head;
    const size = second < 126 ? 2 : second === 126 ? 4 : 10;
    if (this.#head.length < size) return Buffer.alloc(0);
    this.#left =
      size === 2 ? second : size === 4 ? this.#head.readUInt16BE(2) : Number(this.#head.readBigUInt64BE(2));
    const rest = this.#cut(size);
    if (this.#left === 0) this.#whole();
    return rest;
  }

  #cut(at: number): Buffer {
    const rest = this.#head.subarray(at);
    this.#head = Buffer.alloc(0);
    return rest;
  }

  #whole(): void {
    this.#left = -1;
    this.messages++;
  }
}
