/** The host as the API offers it: what it is, what ails it, its log, and its shutdown. */
import { join } from "node:path";
import type { Schemas } from "#contract/schemas";
import type { Log } from "#base/log";
import type { OperationRegistry } from "#durable/operation/define";
import { doctor, type DoctorOptions } from "#domain/host/doctor";
import { describeHost, type HostOptions } from "#domain/host/info";
import { changeOutbound, outboundRules } from "#domain/host/outbound";
import { hasProcess } from "#domain/guest/state";
import type { Views } from "#domain/view/views";
import { lastLines } from "#hypervisor/host/log-file";
import type { HostService } from "#server/services";
import type { Division } from "./division.ts";
import { defineShutdown, type ShutdownParts } from "./host-shutdown.ts";

export interface HostServiceParts
  extends DoctorOptions, Omit<HostOptions, "guests" | "accelerator">, ShutdownParts {
  readonly registry: OperationRegistry;
  readonly log: Log;
  readonly views: Views;
  readonly logs: string;
  readonly division: Pick<Division, "promise" | "change">;
  /** What the daemon's certificate for other computers is told by. */
  readonly fingerprint: string | undefined;
}

export function hostService(parts: HostServiceParts): HostService {
  const { fleet, engine, registry, views } = parts;
  const { store } = fleet.parts;

  const shutdown = defineShutdown(parts);
  registry.add(shutdown);

  return {
    async get(sight) {
      // From memory: this is asked often, and reading ten thousand records takes a tenth of a second.
      await views.caughtUp();
      const guests = [...views.guests.values()].filter(
        ({ id, project }) => views.isHere("guest", id) && sight.sees({ project }),
      );
      const running = guests.filter(({ state }) => hasProcess(state)).length;
      const { home, tag, pid, ...described } = await describeHost({
        ...parts,
        accelerator: await parts.accelerator(),
        guests: { all: guests.length, running },
      });
      const { fingerprint } = parts;
      return {
        ...described,
        ...(sight.seesHost ? { home, tag, pid } : {}),
        ...(fingerprint === undefined ? {} : { fingerprint }),
      };
    },
    promise: () => parts.division.promise(),
    change: (body) => parts.division.change(body),
    doctor: () => doctor(parts),
    async shutdown({ guests = false, uninstall = false, ...body }: Schemas["ShutdownBody"]) {
      const input = { guests, uninstall, ...body };
      return (await engine.start(shutdown, input, { targets: ["host"] })).operation;
    },
    outbound: () => outboundRules(store),
    changeOutbound: (rules) => changeOutbound(store, rules),
    logs: ({ tail = 200 }) => lastLines(join(parts.logs, "lodged.log"), tail),
  };
}
