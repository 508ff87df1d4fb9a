/**
 * Parks a template.
 *
 *   (record "building" and its layer appear with the operation)
 *   boot ──► settle ──► park ──► keep ──► publish
 *    │ RAM in a file      │ device state to a file; QEMU ends; RAM sealed; RAM copied to disk
 *    └────────────────────┴── any failure: process, files and record are removed
 *
 * The guest boots with its NIC's link down and no seed, so it cannot know anybody's data.
 */
import { closeSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import type { Clock } from "#base/clock";
import { endProcess, type ProcessRef } from "#base/process";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { AgentClient } from "#hypervisor/agent/client";
import { clearGroup } from "#hypervisor/cpu/groups";
import { createOverlay } from "#hypervisor/disk/create";
import { createRam, openRam, releaseRam, residentBytes, saveRam, sealRam } from "#hypervisor/memory/held-ram";
import { openTap } from "#hypervisor/net/open-tap";
import { createTap, deleteTap } from "#hypervisor/net/tap";
import { saveState } from "#hypervisor/qemu/migrate";
import { Monitor } from "#hypervisor/qemu/monitor";
import { lastWords, type Launched } from "#hypervisor/qemu/process";
import { enterGroup, explain, orEnded, startQemu, type LaunchParts } from "../guest/launch.ts";
import { blankIdentity } from "../guest/identity.ts";
import { machinePlan } from "../guest/machine.ts";
import { guestPlace } from "../guest/place.ts";
import type { GuestRecord } from "../guest/record.ts";
import { layerById, layerKey, makeLayerFile } from "../volume/layer.ts";
import { removeLayerFile } from "../volume/stored.ts";
import type { EventLog } from "../host/events.ts";
import type { Size } from "./expected.ts";
import { templateById, templateKey, type TemplateRecord } from "./record.ts";
import { storedBytes } from "./survey.ts";

export interface BuildInput {
  readonly template: string;
  /** The machine as a guest's record, with an identity that is nobody's. */
  readonly machine: GuestRecord;
  readonly image: {
    readonly path: string;
    readonly format: "qcow2" | "raw";
    readonly size: number;
    readonly cloudInit: boolean;
    /** Absent from what an earlier version saved. */
    readonly desktop?: boolean;
  };
}

export interface BuildParts extends LaunchParts {
  readonly clock: Pick<Clock, "sleep">;
  readonly events: Pick<EventLog, "append">;
  /** Makes room in the budget for what it takes. @throws LodgeError template.budget */
  readonly fit: (record: TemplateRecord, size: Size) => Promise<void>;
}

interface State {
  readonly holder: ProcessRef;
  readonly process: ProcessRef;
}

/** Milliseconds. */
const bootLimit = 600_000;
/** How long a booted guest gets to come to rest. */
const settleLimit = 180_000;
/** Signed in, drawn and at rest: a minute and a half on a host with nothing else to do and no KVM. */
const desktopLimit = 900_000;
/** What follows a boot without being a part of it: timers, a last write. */
const restPause = 2000;

/** Commands that people and tests run first in a new guest; those that an image has not are passed over. */
const warmUp =
  "sync --version >/dev/null; true; cat /dev/null; uname -a; hostname; ls / >/dev/null; bash -lc true; env true; sleep 0; id >/dev/null; ip -br a >/dev/null; true";

/** Ends when all has started that a boot starts: a desktop's unit among it, which waits until all is drawn and at rest. */
const rest =
  "command -v systemctl >/dev/null && systemctl is-system-running --wait; cloud-init status --wait 2>/dev/null; true";

/** @throws LodgeError template.build_failed */
async function requireDesktop(agent: AgentClient, image: string, signal: AbortSignal): Promise<void> {
  const { exit } = await agent.runToEnd(["test", "-e", "/run/lodge/desktop-ready"], { signal });
  if (!("code" in exit) || exit.code !== 0)
    throw new LodgeError("template.build_failed", { image, reason: "its desktop was never drawn" });
}

export function defineBuild(parts: BuildParts) {
  const { store, networks, places, hardware, groups } = parts;
  type Context = StepContext<BuildInput, State>;

  async function undo({ input, state }: Context): Promise<void> {
    if (state.process) await endProcess(state.process, 500);
    await clearGroup(groups, input.template);
    if (state.holder) await releaseRam(state.holder);
    await removeTap(input);
    const record = await templateById(store, input.template).catch(() => undefined);
    const place = guestPlace(places, input.template);
    for (const folder of [join(places.templates, input.template), place.run, place.folder]) {
      await rm(folder, { recursive: true, force: true });
    }
    await parts.cells?.forget(input.template);
    if (!record) return;
    const layer = await layerById(store, record.layer).catch(() => undefined);
    if (layer) await removeLayerFile(layer.path);
    await store.transact({ delete: [templateKey(record.id), layerKey(record.layer)] });
  }

  const tap = ({ template }: BuildInput) => networks.tapOf(template, "nic0");
  const usesTap = ({ machine }: BuildInput) => machine.nics[0]?.address !== undefined;
  async function removeTap(input: BuildInput): Promise<void> {
    if (usesTap(input)) await deleteTap(tap(input)).catch(() => undefined);
  }

  async function boot({ input, signal, progress, save }: Context): Promise<void> {
    const record = await templateById(store, input.template);
    const layer = await layerById(store, record.layer);
    const place = guestPlace(places, input.template);
    // Of an attempt that a killed daemon made.
    await rm(place.run, { recursive: true, force: true });
    await Promise.all(
      [place.folder, place.run, dirname(record.stateFile)].map((folder) =>
        mkdir(folder, { recursive: true, mode: 0o700 }),
      ),
    );
    await makeLayerFile(layer.path, { path: input.image.path, format: input.image.format });
    const holder = await createRam(record.memory, places.run);
    await save({ holder });
    // A tap that is in no bridge: the NIC's kind has to be right, but it leads nowhere.
    if (usesTap(input)) await createTap(tap(input), undefined);
    const descriptors = [openRam(holder)];
    let launched: Launched;
    try {
      if (usesTap(input)) descriptors.push(openTap(tap(input)));
      const plan = await machinePlan(input.machine, {
        store,
        place,
        accelerator: await hardware.accelerator(),
        // Nobody watches a template.
        vnc: false,
        ram: { kind: "shared", descriptor: 3 },
        taps: usesTap(input) ? { nic0: 4 } : {},
        media: {},
      });
      const group = { ...input.machine, id: input.template };
      const enter = (pid: number) => enterGroup(parts, group, { accelerator: plan.accelerator, pids: [pid] });
      launched = await startQemu(parts, input.template, input.machine, plan, { descriptors, before: enter });
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
    }
    await save({ process: launched.process });
    progress({ message: "booting", fraction: 0.05 });
    const monitor = await connect(place, orEnded(launched, signal));
    parts.cells?.seal(input.template);
    for (const { id } of input.machine.nics) await monitor.execute("set_link", { name: id, up: false });
    await monitor.execute("cont");
    monitor.close();
  }

  /** A guest that is still starting services would do so in every fork. */
  async function settle({ input, signal, progress }: Context): Promise<void> {
    const place = guestPlace(places, input.template);
    const agent = new AgentClient({ path: place.agent, guest: `template of ${input.machine.name}` });
    try {
      await agent.hello({ timeout: bootLimit, signal });
      progress({ message: "waiting until it has come to rest", fraction: 0.6 });
      const { desktop = false, cloudInit } = input.image;
      const timeout = desktop ? desktopLimit : settleLimit;
      await agent.runToEnd(["sh", "-c", rest], { signal, timeout }).catch((error: unknown) => {
        if (!hasCode(error, "agent.command_timeout")) throw error;
      });
      if (desktop) await requireDesktop(agent, (await templateById(store, input.template)).imageName, signal);
      await parts.clock.sleep(restPause, signal);
      await agent.quiesce({ signal });
      // After the caches were dropped: forks find these files in memory as well.
      await agent.identity(blankIdentity(cloudInit), { signal });
      // What forks run first is in their page cache from the start; twice, as the second run reads no more.
      for (let i = 0; i < 2; i++) await agent.runToEnd(["sh", "-c", warmUp], { signal });
      if (desktop)
        await agent.runToEnd(["/usr/lib/lodge/desktop-rehearse"], { signal, timeout: settleLimit });
    } finally {
      agent.close();
    }
    progress({ message: "parking", fraction: 0.85 });
  }

  async function park({ input, state, signal }: Context): Promise<void> {
    const record = await templateById(store, input.template);
    const place = guestPlace(places, input.template);
    const monitor = await connect(place, signal);
    await saveState(monitor, record.stateFile, { ramExcluded: true, socket: place.outgoing, signal });
    await monitor.execute("quit").catch(() => undefined);
    await endProcess(state.process!, 2000);
    await clearGroup(groups, input.template);
    await sealRam(state.holder!, signal);
    await removeTap(input);
    await rm(place.run, { recursive: true, force: true });
  }

  async function connect(place: ReturnType<typeof guestPlace>, signal: AbortSignal): Promise<Monitor> {
    try {
      return await Monitor.connect(place.qmp, { timeout: 20_000, signal });
    } catch (error) {
      if (!hasCode(error, "host.qemu_gone")) throw error;
      const words = lastWords(place.qemuLog);
      throw new LodgeError(
        "guest.start_failed",
        { guest: "template", reason: explain(words) },
        { detail: words },
      );
    }
  }

  return defineOperation<BuildInput, State, { template: string }>({
    kind: "template.build",
    steps: [
      { name: "boot", do: boot, undo },
      {
        name: "settle",
        do: (context) =>
          settle(context).catch(async (error: unknown) => {
            context.signal.throwIfAborted();
            if (hasCode(error, "template.build_failed")) throw error;
            const { message, hint } = asLodgeError(error);
            const { imageName: image } = await templateById(store, context.input.template);
            const reason = message.replace(/\.$/, "");
            throw new LodgeError("template.build_failed", { image, reason }, { cause: error, detail: hint });
          }),
        undo,
      },
      { name: "park", do: park, undo },
      {
        name: "keep",
        async do({ input, state, signal, progress }) {
          const record = await templateById(store, input.template);
          progress({ message: "keeping a copy of its memory on disk", fraction: 0.9 });
          const layer = await layerById(store, record.layer);
          await createOverlay(record.seedFile, { backing: layer.path, backingFormat: "qcow2" });
          await saveRam(state.holder!, record.ramFile, signal);
        },
        undo,
      },
      {
        name: "publish",
        commitPoint: true,
        async do({ input, state, commit }) {
          const item = await store.get(templateKey(input.template));
          const record = item?.value as TemplateRecord | undefined;
          // After a crash just behind the commit point this step runs again; a guest may have forked meanwhile.
          if (item && record?.state === "building") {
            const layer = await layerById(store, record.layer);
            const size = {
              resident: residentBytes(state.holder!),
              stored: await storedBytes([layer.path, record.stateFile, record.ramFile]),
            };
            await parts.fit(record, size);
            const value = { ...record, ...size, state: "parked", holder: state.holder! };
            await commit({
              compare: [{ key: item.key, revision: item.revision }],
              put: [{ key: item.key, value }],
            });
            const words = `template ${record.id} of ${record.imageName} is parked`;
            parts.events.append({ kind: "template.parked", message: words });
          }
          await parts.cells?.forget(input.template);
          await rm(guestPlace(places, input.template).folder, { recursive: true, force: true });
        },
      },
    ],
    result: ({ input }) => ({ template: input.template }),
  });
}
