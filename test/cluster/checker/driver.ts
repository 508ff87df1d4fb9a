/** Asks random hosts for random changes of a few guests, one of a guest's at a time, and notes each with its outcome. */
import { setTimeout as delay } from "node:timers/promises";
import type { Schemas } from "#contract/schemas";
import type { Client } from "#client/client";
import { tinyMemory } from "../../vm/daemon.ts";
import type { Host } from "../hosts/host.ts";
import { ask, type Answer } from "./ask.ts";
import type { Asked, Change } from "./history.ts";
import { Chance } from "./random.ts";
import { sharedPool } from "./world.ts";

export interface DriverOptions {
  readonly hosts: readonly Host[];
  readonly seed: number;
  /** How many guests there are to be at a time. */
  readonly guests: number;
  readonly now: () => number;
}

interface Kind {
  readonly verb: Asked["verb"];
  readonly weight: number;
}

const kinds: readonly Kind[] = [
  { verb: "set", weight: 8 },
  { verb: "move", weight: 6 },
  { verb: "snapshot", weight: 2 },
  { verb: "stop", weight: 2 },
  // One whose host was killed, perhaps.
  { verb: "start", weight: 3 },
  { verb: "delete", weight: 1 },
];

/** The label by which a guest says which change came last. */
export const label = "checked";

export class Driver {
  readonly changes: Change[] = [];
  readonly #options: DriverOptions;
  #guests = 0;
  #values = 0;
  #over = false;
  #lanes: Promise<void>[] = [];
  #first: Promise<unknown>[] = [];

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  start(): void {
    const { guests, seed } = this.#options;
    for (let at = 0; at < guests; at++) {
      const first = Promise.withResolvers<void>();
      this.#first.push(first.promise);
      this.#lanes.push(this.#keepOne(new Chance(seed * 1000 + at), first.resolve));
    }
  }

  /** Resolves once as many guests have been made as there are to be. */
  async ready(): Promise<void> {
    await Promise.all(this.#first);
  }

  /** Asks for nothing more; resolves once all that was asked for has been answered or given up. */
  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#lanes);
  }

  /** A guest, and another after it was deleted. */
  async #keepOne(chance: Chance, made: () => void): Promise<void> {
    while (!this.#over) {
      const guest = `g${++this.#guests}`;
      const ha = this.#options.hosts.length > 1 && chance.next() < 0.5;
      const { outcome } = await this.#change(chance, guest, { verb: "create", ha });
      if (outcome === "failed") {
        await this.#rest(chance);
        continue;
      }
      // Whether one of unknown outcome is there, what is asked of it next finds out.
      made();
      await this.#keep(guest, chance);
    }
  }

  async #keep(guest: string, chance: Chance): Promise<void> {
    while (!this.#over) {
      await this.#rest(chance);
      if (this.#over) return;
      const asked = this.#choose(guest, chance);
      const { outcome } = await this.#change(chance, guest, asked);
      if (asked.verb === "delete" && outcome !== "failed") return;
      if (asked.verb === "stop") await this.#change(chance, guest, { verb: "start" });
    }
  }

  #choose(guest: string, chance: Chance): Asked {
    const { hosts } = this.#options;
    const { verb } = chance.weighted(kinds.filter((kind) => kind.verb !== "move" || hosts.length > 1));
    if (verb === "set") return { verb, value: String(++this.#values) };
    if (verb === "snapshot") return { verb, name: `${guest}-s${++this.#values}` };
    if (verb === "move") return { verb, to: chance.one(hosts).name };
    return { verb } as Asked;
  }

  async #change(chance: Chance, guest: string, asked: Asked): Promise<Answer> {
    const { hosts, now } = this.#options;
    const host = chance.one(hosts);
    const began = now();
    const answer: Answer = host.isOn
      ? await ask(host.client, (client, signal) => begin(client, guest, asked, signal))
      : { outcome: "failed", code: "the host is off" };
    if (asked.verb === "create" && asked.ha && answer.outcome === "done") await makeAvailable(host, guest);
    this.changes.push({
      ...asked,
      ...{ guest, via: host.name, began, ended: now(), outcome: outcomeOf(asked, answer) },
      ...(answer.code === undefined ? {} : { code: answer.code }),
      ...(asked.verb === "create" ? madeBy(answer) : {}),
    });
    return answer;
  }

  #rest(chance: Chance): Promise<void> {
    return delay(this.#over ? 0 : chance.between(300, 3000));
  }
}

/** Puts its disk where all hosts have it, and has it be highly available. Whether that is so, placement alone depends on. */
async function makeAvailable({ client }: Host, guest: string): Promise<void> {
  const params = { volume: `${guest}:disk0` };
  const moved = await ask(client, (_, signal) =>
    client.call("volumeMove", { params, body: { pool: sharedPool } }, { signal }),
  );
  if (moved.outcome !== "done") return;
  await ask(client, (_, signal) =>
    client.call("guestUpdate", { params: { guest }, body: { ha: { priority: 100 } } }, { signal }),
  );
}

/** A deletion that failed may have begun to delete. */
const outcomeOf = ({ verb }: Asked, { outcome, begun }: Answer): Change["outcome"] =>
  verb === "delete" && outcome === "failed" && begun ? "unknown" : outcome;

function madeBy({ result }: Answer): Pick<Change, "id" | "on"> {
  const { guest } = (result ?? {}) as { guest?: Schemas["Guest"] & { readonly host?: string } };
  return { ...(guest && { id: guest.id }), ...(guest?.host !== undefined && { on: guest.host }) };
}

function begin(client: Client, guest: string, asked: Asked, signal: AbortSignal): Promise<unknown> {
  const params = { guest };
  switch (asked.verb) {
    case "create":
      return client.call(
        "guestCreate",
        { body: { image: "tiny", name: guest, memory: tinyMemory } },
        { signal },
      );
    case "delete":
      return client.call("guestDelete", { params, query: { force: true, snapshots: true } }, { signal });
    case "set":
      return client.call("guestUpdate", { params, body: { labels: { [label]: asked.value } } }, { signal });
    case "snapshot":
      return client.call("snapshotCreate", { params, body: { name: asked.name } }, { signal });
    case "start":
      return client.call("guestStart", { params }, { signal });
    case "stop":
      return client.call("guestStop", { params, body: { force: true } }, { signal });
    case "move":
      return client.call("guestMove", { params, body: { to: asked.to } }, { signal });
  }
}
