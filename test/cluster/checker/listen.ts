/**
 * Reads the logs of guests' serial ports on all hosts, over and over, for what the guests acknowledge. Files are opened for the
 * moment of reading alone: one that stays open keeps the filesystem of a host that was killed.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../hosts/host.ts";
import type { Acknowledged } from "./history.ts";

const form = /^rec (\d+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) end$/;

interface Position {
  offset: number;
  /** The beginning of a line whose end was not there yet. */
  rest: string;
}

/** Guests are named by their ids here. */
export class Listener {
  readonly heard: Acknowledged[] = [];
  readonly #hosts: readonly Host[];
  readonly #now: () => number;
  readonly #positions = new Map<string, Position>();
  #timer: NodeJS.Timeout | undefined;

  constructor(hosts: readonly Host[], now: () => number) {
    this.#hosts = hosts;
    this.#now = now;
  }

  start(): void {
    this.#timer = setInterval(() => this.read(), 200);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  read(): void {
    for (const host of this.#hosts) {
      if (!host.isOn) continue;
      const guests = host.namespace.outside(join(host.home, "guests"));
      for (const guest of ifThere(() => readdirSync(guests)) ?? [])
        ifThere(() => this.#readLog(host.name, guest, join(guests, guest, "serial.log")));
    }
  }

  /** When a guest was heard last. */
  lastOf(guest: string): Acknowledged | undefined {
    return this.heard.findLast((one) => one.guest === guest);
  }

  #readLog(host: string, guest: string, path: string): void {
    const file = openSync(path, "r");
    try {
      const { ino, size } = fstatSync(file);
      const key = `${host} ${guest} ${ino}`;
      const position = this.#positions.get(key) ?? { offset: 0, rest: "" };
      this.#positions.set(key, position);
      // It was cut, and what was read of it is read again.
      if (size < position.offset) Object.assign(position, { offset: 0, rest: "" });
      const buffer = Buffer.alloc(size - position.offset);
      const length = readSync(file, buffer, 0, buffer.length, position.offset);
      position.offset += length;
      const lines = (position.rest + buffer.toString("latin1", 0, length)).split("\n");
      position.rest = lines.pop() ?? "";
      for (const line of lines) this.#hear(host, guest, line.replace(/\r$/, ""));
    } finally {
      closeSync(file);
    }
  }

  #hear(host: string, guest: string, line: string): void {
    const [, seq, prev, nonce, boot] = form.exec(line) ?? [];
    if (seq === undefined) return;
    this.heard.push({
      ...{ guest, host, at: this.#now() },
      ...{ seq: Number(seq), prev: prev!, nonce: nonce!, boot: boot! },
    });
  }
}

/** A guest that was removed meanwhile, or a host that was killed. */
function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw error;
  }
}
