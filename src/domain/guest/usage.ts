/** What guests and the host take, sampled once a second while somebody wants to know, and when asked. */
import type { GuestUsage } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import { withTimeout } from "#base/deadline";
import { readMemory } from "#hypervisor/host/memory";
import { hostCpu, processUsage } from "#hypervisor/host/process-usage";
import { tapTraffic } from "#hypervisor/net/traffic";
import { blockUsage } from "#hypervisor/qemu/block-usage";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";

type Usage = Schemas["Usage"];

export interface SamplerParts {
  readonly fleet: Fleet;
  /** Ids of a guest's NICs. */
  readonly nics: (guest: string) => readonly string[];
}

/** Milliseconds between two samples. */
const every = 1_000;
/** Milliseconds that a guest's QEMU may take to answer: one that migrates or saves its state is slow to. */
const patience = 800;

export class UsageSampler {
  readonly #parts: SamplerParts;
  readonly #listeners = new Set<(usage: Usage) => void>();
  #timer: NodeJS.Timeout | undefined;
  #sampling: Promise<Usage> | undefined;

  constructor(parts: SamplerParts) {
    this.#parts = parts;
  }

  /** Calls with a sample now and then one a second, until the function that it returns is called. */
  listen(listener: (usage: Usage) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.#tell(), every);
    this.#tell();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** A sample of now; those who ask meanwhile get the same. */
  sample(): Promise<Usage> {
    this.#sampling ??= this.#sample().finally(() => (this.#sampling = undefined));
    return this.#sampling;
  }

  #tell(): void {
    if (this.#sampling) return;
    this.sample().then(
      (usage) => {
        for (const listener of this.#listeners) listener(usage);
      },
      // The next one is a second away.
      () => undefined,
    );
  }

  async #sample(): Promise<Usage> {
    const at = this.#parts.fleet.now();
    const [cpu, memory, guests] = await Promise.all([
      hostCpu(),
      readMemory(),
      Promise.all([...this.#parts.fleet.all()].map((live) => this.#sampleGuest(live))),
    ]);
    return {
      at,
      host: { ...cpu, memory: memory.total, memoryAvailable: memory.available },
      guests: guests.filter((guest) => guest !== undefined),
    };
  }

  async #sampleGuest(live: LiveGuest): Promise<GuestUsage | undefined> {
    const { networks, groups } = this.#parts.fleet.parts;
    const taps = this.#parts.nics(live.id).map((nic) => networks.tapOf(live.id, nic));
    const [own, disk, traffic] = await Promise.all([
      processUsage(live.process.pid),
      withTimeout(blockUsage(live.monitor), patience).catch(() => undefined),
      Promise.all(taps.map((tap) => tapTraffic(tap))),
    ]);
    if (!own) return undefined;
    const { throttledSeconds, swapped } = groups.usage(live.id) ?? {};
    const net = traffic.filter((one) => one !== undefined);
    return {
      guest: live.id,
      ...own,
      ...(throttledSeconds === undefined ? {} : { throttledSeconds }),
      ...(swapped === undefined ? {} : { swapped }),
      ...(disk ? { diskRead: disk.read, diskWritten: disk.written } : {}),
      ...(net.length > 0
        ? {
            netReceived: net.reduce((sum, { received }) => sum + received, 0),
            netSent: net.reduce((sum, { sent }) => sum + sent, 0),
          }
        : {}),
    };
  }
}
