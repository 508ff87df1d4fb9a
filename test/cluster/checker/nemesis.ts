/** Has faults come over hosts until it is told to end: at most so many at a time, no two on one host. */
import { setTimeout as delay } from "node:timers/promises";
import type { Host } from "../hosts/host.ts";
import { faults, type FaultKind } from "./faults.ts";
import type { Fault } from "./history.ts";
import { Chance } from "./random.ts";
import type { World } from "./world.ts";

export interface NemesisOptions {
  readonly world: World;
  readonly seed: number;
  readonly now: () => number;
  readonly say: (line: string) => void;
  /** Names of faults that are to come; all of them without. */
  readonly only?: readonly string[] | undefined;
}

export class Nemesis {
  readonly done: Fault[] = [];
  readonly #options: NemesisOptions;
  readonly #busy = new Set<Host>();
  #over = false;
  #lanes: Promise<void>[] = [];

  constructor(options: NemesisOptions) {
    this.#options = options;
  }

  start(lanes = 2): void {
    // With a single host there is no second that a fault could come over meanwhile.
    const most = Math.min(lanes, this.#options.world.hosts.all.length);
    this.#lanes = Array.from({ length: most }, (_, lane) =>
      this.#strikeOn(new Chance(this.#options.seed * 1000 + lane)),
    );
  }

  /** No more come; resolves when those that have are healed. @throws what went wrong with one. */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#lanes);
  }

  async #strikeOn(chance: Chance): Promise<void> {
    while (!this.#over) {
      await this.#wait(chance.between(0.3, 2));
      if (!this.#over) await this.#strike(chance);
    }
  }

  async #strike(chance: Chance): Promise<void> {
    const { world, now, say, only } = this.#options;
    const { hosts } = world;
    const free = hosts.all.filter((host) => !this.#busy.has(host) && host.isOn);
    if (free.length === 0) return;
    const host = chance.one(free);
    const several = hosts.all.length > 1;
    const kinds = faults.filter((kind) => (several || !kind.between) && (only?.includes(kind.name) ?? true));
    const kind: FaultKind = chance.weighted(kinds);
    const seconds = chance.between(...kind.lasts);
    this.#busy.add(host);
    const { boots } = host;
    try {
      const began = now();
      const heal = await kind.strike({ world, hosts, host, chance });
      if (!heal) return;
      say(`${kind.name} on ${host.name}, for ${seconds.toFixed(1)} s`);
      await this.#wait(seconds);
      await heal();
      this.done.push({ name: kind.name, on: host.name, began, healed: now() });
    } catch (error) {
      // Another host had it switched off meanwhile, and with it whatever this fault was about.
      if (host.boots !== boots || !host.isOn) return;
      throw new Error(`${kind.name} on ${host.name} went wrong`, { cause: error });
    } finally {
      this.#busy.delete(host);
    }
  }

  async #wait(seconds: number): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (!this.#over && performance.now() < end) await delay(Math.min(100, seconds * 1000));
  }
}
