/**
 * The templates that there are: their RAM comes and goes, they themselves go, all within the budget.
 *
 *   parked ── evict: marked, then its users asked for once more ──► RAM released
 *   evicted ── the next fork: room is made ──► RAM read back
 *   any ── retire ──► stale ── collect, after each guest that goes: what nobody uses is freed ──► gone
 *
 * One thing after another, so that no RAM is released that is just being read back. A fork can be recorded
 * at any moment: what that means for each step is said there.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import type { ProcessRef } from "#base/process";
import { SerialQueue } from "#base/queue";
import type { Item, Store, Transaction } from "#durable/store/store";
import { update } from "#durable/store/update";
import { loadRam, releaseRam } from "#hypervisor/memory/held-ram";
import type { Places } from "../guest/place.ts";
import type { EventLog } from "../host/events.ts";
import { collectLayers, layerById, layerKey } from "../volume/layer.ts";
import { decide, toRelease, type Budget, type Decision, type Wanted } from "./budget.ts";
import { listTemplates, templateById, templateKey, templateUseKey, type TemplateRecord } from "./record.ts";
import { isGoing, isHeld, refilledBytes, storedBytes, survey, type Surveyed } from "./survey.ts";

export interface StockParts {
  readonly store: Store;
  readonly places: Pick<Places, "templates" | "run">;
  readonly events: Pick<EventLog, "append">;
  readonly budget: () => Promise<Budget>;
  readonly layerRoots: () => Promise<string[]>;
  /** Called when templates are gone: what they stood on may go too. */
  readonly onGone?: () => Promise<void>;
}

/** A template's RAM and the file of its devices' state. */
export interface Parked {
  readonly holder: ProcessRef;
  readonly state: string;
}

const mebibytes = (bytes: number): string => `${Math.ceil(Math.max(0, bytes) / 1048576)} MiB`;

function requireFit({ fits, most }: Decision, wanted: Wanted): void {
  if (fits) return;
  const [needed, available, what] =
    wanted.resident > most.memory
      ? [wanted.resident, most.memory, "memory"]
      : [wanted.stored, most.disk, "disk"];
  throw new LodgeError("template.budget", {
    needed: `${mebibytes(needed)} of ${what}`,
    available: mebibytes(available),
  });
}

export class Stock {
  readonly #parts: StockParts;
  readonly #queue = new SerialQueue();

  constructor(parts: StockParts) {
    this.#parts = parts;
  }

  /** A template's RAM and state for a fork that is recorded; read back into memory where it is not there. */
  async parked(id: string): Promise<Parked> {
    const found = await templateById(this.#parts.store, id);
    if (isHeld(found)) return { holder: found.holder!, state: found.stateFile };
    return this.#queue.run(() => this.#refill(id));
  }

  /** Would this fit, were all to go that may? */
  async admits(wanted: Wanted): Promise<boolean> {
    return (await this.#decide(wanted)).fits;
  }

  /** Evicts and removes others until this fits. @throws LodgeError template.budget, and then nobody went for it */
  makeRoom(wanted: Wanted): Promise<void> {
    return this.#queue.run(async () => requireFit(await this.#settle(wanted), wanted));
  }

  /** Brings everything into the budget, as far as guests let it. */
  async enforce(): Promise<void> {
    await this.#queue.run(() => this.#settle());
  }

  /** Evicts those that no guest uses, but not `except`, until so many bytes are freed. Answers with the bytes that were. */
  release(bytes: number, reason: string, except?: string): Promise<number> {
    return this.#queue.run(async () => {
      const kept = await survey(this.#parts.store);
      let freed = 0;
      for (const id of toRelease(kept, bytes, except)) {
        const { resident } = kept.find((one) => one.id === id)!;
        if (await this.#evict(id, reason)) freed += resident;
      }
      return freed;
    });
  }

  /** What makes a template stale: no fork that is not recorded yet will be. Then collect. */
  retirement({ key, revision, value }: Item, reason: string, succeed = false): Transaction {
    const { succeed: _, ...record } = value as TemplateRecord;
    const change = { state: "stale", reason, ...(succeed ? { succeed } : {}) };
    return { compare: [{ key, revision }], put: [{ key, value: { ...record, ...change } }] };
  }

  async retire(id: string, reason: string, succeed = false): Promise<void> {
    const item = await this.#parts.store.get(templateKey(id));
    if (!item || !mayRetire(item.value as TemplateRecord)) return;
    try {
      await this.#parts.store.transact(this.retirement(item, reason, succeed));
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
      return this.retire(id, reason, succeed);
    }
    this.#tell("stale", item.value as TemplateRecord, `is stale: ${reason}`);
  }

  /** A stale template waits no longer until another of its shape is parked. */
  async forgetSuccessor(id: string): Promise<void> {
    await update<TemplateRecord>(this.#parts.store, templateKey(id), (now) => {
      if (!now?.succeed) return now;
      const { succeed: _, ...rest } = now;
      return rest;
    });
  }

  /** Frees what stale templates have and nobody uses any more. */
  collect(): Promise<void> {
    return this.#queue.run(() => this.#collect());
  }

  async #decide(wanted?: Wanted): Promise<Decision> {
    const kept = (await survey(this.#parts.store)).filter((one) => !isGoing(one));
    return decide(kept, await this.#parts.budget(), wanted);
  }

  /** Ends: one that could not go is used now, and is not chosen again. */
  async #settle(wanted?: Wanted): Promise<Decision> {
    for (;;) {
      const decision = await this.#decide(wanted);
      if (decision.remove.length + decision.evict.length === 0) return decision;
      for (const id of decision.remove) await this.retire(id, "templates are to take less of the disk");
      if (decision.remove.length > 0) await this.#collect();
      for (const id of decision.evict) await this.#evict(id, "templates are to take less memory");
    }
  }

  /** Only the RAM goes. False: somebody uses it, or it is not there. */
  async #evict(id: string, reason: string): Promise<boolean> {
    const { store } = this.#parts;
    const item = await store.get(templateKey(id));
    const { holder, ...record } = (item?.value ?? {}) as Partial<TemplateRecord>;
    if (!item || !holder || record.state !== "parked") return false;
    try {
      const value = { ...record, state: "evicted" };
      await store.transact({
        compare: [{ key: item.key, revision: item.revision }],
        put: [{ key: item.key, value }],
      });
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
      return false;
    }
    // A fork that was recorded before is seen now, and may be about to open the RAM; one that is recorded
    // later finds it evicted and waits in line to read it back.
    if (((await this.#find(id))?.mapped ?? 0) > 0) {
      await update<TemplateRecord>(store, item.key, (now) => now && held(now, holder));
      return false;
    }
    await releaseRam(holder);
    this.#tell("evicted", item.value as TemplateRecord, `is no longer in memory: ${reason}`);
    return true;
  }

  /** The guest that waits for it is recorded already: it gets the RAM, even if all others in memory are in use. */
  async #refill(id: string): Promise<Parked> {
    const { store, places } = this.#parts;
    const record = await templateById(store, id);
    if (isHeld(record)) return { holder: record.holder!, state: record.stateFile };
    await this.#settle({ id, resident: await refilledBytes(record), stored: record.stored });
    const holder = await loadRam(record.ramFile, record.memory, places.run).catch(async (error: unknown) => {
      if ((await storedBytes([record.ramFile])) === 0) await this.retire(id, "its files are gone", true);
      throw error;
    });
    await update<TemplateRecord>(store, templateKey(id), (now) => now && held(now, holder));
    this.#tell("refilled", record, "was read back into memory");
    return { holder, state: record.stateFile };
  }

  /** Stale ones get no new users: what nobody uses when it is read here, nobody will. */
  async #collect(): Promise<void> {
    const { store, layerRoots, onGone } = this.#parts;
    if (!(await listTemplates(store)).some(({ state }) => state === "stale")) return;
    let gone = false;
    for (const one of (await survey(store)).filter(({ state }) => state === "stale")) {
      if (one.mapped === 0 && one.record.holder) await releaseRam(one.record.holder);
      if (one.starting === 0) await this.#removeFiles(one);
      if (!isGoing(one) || one.record.succeed) continue;
      await store.transact({ delete: [templateKey(one.id), templateUseKey(one.id)] });
      this.#tell("removed", one.record, "was removed");
      gone = true;
    }
    await collectLayers(store, layerRoots);
    if (gone) await onGone?.();
  }

  /** All but its layer, which is all that guests still need. */
  async #removeFiles({ id, record, mapped }: Surveyed): Promise<void> {
    const { store, places } = this.#parts;
    await rm(join(places.templates, id), { recursive: true, force: true });
    const layer = (await store.get(layerKey(record.layer)))
      ? await layerById(store, record.layer)
      : undefined;
    const stored = layer ? await storedBytes([layer.path]) : 0;
    await update<TemplateRecord>(store, templateKey(id), (now) => {
      if (!now || (now.stored === stored && (mapped > 0 || !now.holder))) return now;
      const { holder, ...rest } = now;
      return { ...rest, stored, ...(holder && mapped > 0 ? { holder } : {}) };
    });
  }

  async #find(id: string): Promise<Surveyed | undefined> {
    return (await survey(this.#parts.store)).find((one) => one.id === id);
  }

  #tell(what: string, { id, imageName }: TemplateRecord, words: string): void {
    this.#parts.events.append({
      kind: `template.${what}`,
      message: `template ${id} of ${imageName} ${words}`,
    });
  }
}

export const mayRetire = ({ state }: TemplateRecord): boolean => state === "parked" || state === "evicted";

/** The RAM is there: an evicted template is parked again; one that has become stale meanwhile stays so. */
const held = (record: TemplateRecord, holder: ProcessRef): TemplateRecord => ({
  ...record,
  holder,
  state: record.state === "evicted" ? "parked" : record.state,
});
