/**
 * The socket to which a guest's QEMU writes for its replica, which stays while connections to the other host come and go. A connection of
 * QEMU's that finds none waits for the next.
 */
import type { Duplex } from "node:stream";
import { Door } from "../migrate/door.ts";

type Lead = () => Promise<Duplex>;

export class Gate implements AsyncDisposable {
  #next = Promise.withResolvers<Lead>();
  #leads = false;
  #door: Door | undefined;

  static async open(path: string): Promise<Gate> {
    const gate = new Gate();
    gate.#door = await Door.open(path, async () => (await gate.#next.promise)());
    return gate;
  }

  /** Connections are led so until the gate is shut. */
  lead(how: Lead): void {
    this.#leads = true;
    this.#next.resolve(how);
  }

  /** What waits already goes on waiting for the next. */
  shut(): void {
    if (!this.#leads) return;
    this.#leads = false;
    this.#next = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#door?.[Symbol.asyncDispose]();
  }
}
