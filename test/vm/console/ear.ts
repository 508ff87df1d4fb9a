/** Somebody who listens to a guest by the API, and tells the tone that he hears. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { WebSocket } from "ws";

const rate = 48_000;

/** Keeps the left channel. */
export class Ear {
  readonly socket: WebSocket;
  readonly closed: Promise<string>;
  samples: number[] = [];
  #wake: () => void = () => undefined;

  constructor(socketPath: string, path: string) {
    const through = { createConnection: () => connect(socketPath), perMessageDeflate: false };
    this.socket = new WebSocket(`ws://lodge${path}`, ["binary"], through as never);
    this.socket.on("message", (data: Buffer) => {
      for (let at = 0; at < data.length; at += 4) this.samples.push(data.readInt16LE(at));
      this.#wake();
    });
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) =>
      this.socket.on("close", (code, reason) => resolve(`${code} ${reason.toString()}`)),
    );
  }

  /** Hertz of the next second in which something is heard. */
  async pitch(): Promise<number> {
    this.samples = [];
    const loud = () => this.samples.findIndex((sample) => Math.abs(sample) > 1000);
    const end = performance.now() + 60_000;
    while (loud() < 0 || this.samples.length - loud() < rate) {
      assert.equal(this.socket.readyState, WebSocket.OPEN, "it is still open");
      assert.ok(performance.now() < end, `heard ${this.samples.length} samples, and nothing loud in them`);
      const timer = setTimeout(() => this.#wake(), 1000);
      await new Promise<void>((resolve) => (this.#wake = resolve));
      clearTimeout(timer);
    }
    const second = this.samples.slice(loud(), loud() + rate);
    const middle = (Math.max(...second) + Math.min(...second)) / 2;
    return second.filter((sample, index) => index > 0 && sample > middle && second[index - 1]! <= middle)
      .length;
  }
}
