/** The host as the API offers it: what it is, what ails it, its log, and its shutdown. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Schemas } from "#contract/schemas";
import type { Log } from "#base/log";
import { defineOperation, type OperationRegistry } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import { doctor, type DoctorOptions } from "#domain/host/doctor";
import { describeHost, type HostOptions } from "#domain/host/info";
import type { Fleet } from "#domain/guest/fleet";
import { listGuests } from "#domain/guest/record";
import { hasProcess } from "#domain/guest/state";
import { shutDown } from "#domain/guest/stop";
import { listTemplates } from "#domain/template/record";
import { releaseRam } from "#hypervisor/memory/held-ram";
import type { HostService } from "#server/services";

export interface HostServiceParts extends DoctorOptions, Omit<HostOptions, "guests" | "accelerator"> {
  readonly fleet: Fleet;
  readonly engine: OperationEngine;
  readonly registry: OperationRegistry;
  readonly log: Log;
  readonly logs: string;
  /** The daemon ends. */
  readonly onShutdown: () => void;
}

/** Seconds that guests get to shut down, together. */
const guestsTimeout = 90;

export function hostService(parts: HostServiceParts): HostService {
  const { fleet, engine, registry } = parts;
  const { store } = fleet.parts;

  const shutdown = defineOperation<{ guests: boolean; uninstall: boolean }>({
    kind: "host.shutdown",
    steps: [
      {
        name: "guests",
        async do({ input, signal, progress }) {
          if (!input.guests && !input.uninstall) return;
          const running = (await listGuests(store)).filter(({ state }) => hasProcess(state));
          progress({ message: `shutting down ${running.length} guests` });
          await Promise.all(
            running.map(async ({ id, name }) => {
              const live = fleet.get(id);
              if (!live) return;
              await fleet.become(id, "stopping").catch(() => undefined);
              await shutDown(live, name, guestsTimeout, signal).catch(() => live.kill());
              await fleet.settled(id);
            }),
          );
        },
      },
      {
        name: "traces",
        async do({ input }) {
          if (!input.uninstall) return;
          for (const { holder } of await listTemplates(store)) if (holder) await releaseRam(holder);
          await fleet.parts.networks.removeAll();
        },
      },
      {
        name: "daemon",
        async do() {
          // After the answer has gone out.
          setTimeout(parts.onShutdown, 100);
        },
      },
    ],
  });
  registry.add(shutdown);

  return {
    async get() {
      const guests = await listGuests(store);
      const running = guests.filter(({ state }) => hasProcess(state)).length;
      return describeHost({
        ...parts,
        accelerator: await parts.accelerator(),
        guests: { all: guests.length, running },
      });
    },
    doctor: () => doctor(parts),
    async shutdown({ guests = false, uninstall = false }: Schemas["ShutdownBody"]) {
      return (await engine.start(shutdown, { guests, uninstall }, { targets: ["host"] })).operation;
    },
    async logs({ tail = 200 }) {
      const text = await readFile(join(parts.logs, "lodged.log"), "utf8").catch(() => "");
      return text
        .split("\n")
        .slice(-tail - 1)
        .join("\n");
    },
  };
}
