/**
 * A guest that has a process: the connections to it, and what they report.
 *
 * The process outlives the daemon. A daemon that starts connects again and believes what it finds. The
 * monitor's end is the process's end: QEMU never closes it otherwise.
 */
import { LodgeError } from "#contract/errors";
import type { Groups } from "#hypervisor/cpu/groups";
import { AgentClient } from "#hypervisor/agent/client";
import { NoAgent, type GuestAgent } from "#hypervisor/agent/guest-agent";
import type { Onward } from "#hypervisor/agent/link";
import { LodgeAgent } from "#hypervisor/agent/lodge-agent";
import { QemuAgent } from "#hypervisor/agent/qemu-agent";
import { QgaClient } from "#hypervisor/agent/qga";
import { spicePortId } from "#hypervisor/qemu/argv";
import { Monitor, type QmpEvent } from "#hypervisor/qemu/monitor";
import { SpiceAgent } from "#hypervisor/spice/spice-agent";
import { waitGone, endProcess, isAlive } from "#base/process";
import { withTimeout } from "#base/deadline";
import { SerialQueue } from "#base/queue";
import { hasSpicePort } from "./machine.ts";
import type { GuestPlace } from "./place.ts";
import { helpersOf, type GuestRecord, type RunningProcess } from "./record.ts";

/** Milliseconds. A command that takes longer is work like any other. */
const longestAttention = 3000;

/** A guest's process, and those beside it. */
type Processes = Pick<RunningProcess, "pid" | "startTime" | "tpm" | "shares">;

/** How a process ended. */
export interface Ending {
  /** The guest shut itself down, or was told to. */
  readonly clean: boolean;
  readonly reason: string;
}

/** Words for QEMU's ShutdownCause (qapi/run-state.json). */
const causes: Readonly<Record<string, string>> = {
  "guest-shutdown": "it shut down",
  "guest-panic": "its kernel panicked",
  "host-qmp-quit": "it was switched off",
  "host-signal": "its process was ended by a signal",
  "host-error": "the host failed it",
};

/** The agent that the guest's image has; `lodge` speaks to Lodge's own. */
function agentOf(record: GuestRecord, place: GuestPlace, lodge: AgentClient): GuestAgent {
  switch (record.agent) {
    case "lodge":
      return new LodgeAgent(lodge);
    case "qemu":
      return new QemuAgent(new QgaClient({ path: place.guestAgent, guest: record.name }));
    case "none":
      return new NoAgent(record.name);
  }
}

export class LiveGuest {
  readonly id: string;
  readonly process: Processes;
  readonly monitor: Monitor;
  /** Lodge's own agent: what a fork and a branch need. It never answers in a guest that has another or none. */
  readonly agent: AgentClient;
  /** Whichever agent the guest has. */
  readonly inside: GuestAgent;
  /** What its desktop says, where it has a port for that. */
  readonly spice: SpiceAgent | undefined;
  /** One after another: what the record says is in a drive is what QEMU was told last. */
  readonly drives = new SerialQueue();
  /** Likewise: what the record says of its memory. */
  readonly memory = new SerialQueue();
  /** Resolves once the process is gone, and those beside it. */
  readonly ended: Promise<Ending>;
  /** Its promise resolves once its shared folders are mounted for the first time, or cannot be, or it has none. */
  readonly mounted = Promise.withResolvers<void>();
  /** Aborted once there is no connection to it any more, whether it ended or was let go of. */
  readonly gone: AbortSignal;
  readonly #groups: Groups;
  /** Bytes that its console had said when its process here began: of what it said elsewhere, if it came from there. */
  consoleFrom = 0;
  /** How its agent is reached from here once it is on another host. */
  onward: Onward = () => Promise.resolve(undefined);
  /** Set while it stands still because a disk of it cannot be written; why, disk-fault.ts finds out. */
  stuck: { readonly why?: LodgeError } | undefined;
  #failing = false;
  #shutdown: { cause: string; guest: boolean } | undefined;
  #panicked = false;
  #released = false;
  /** How much is waited for in it. */
  #awaited = 0;

  private constructor(
    record: GuestRecord,
    process: Processes,
    monitor: Monitor,
    { place, groups }: { readonly place: GuestPlace; readonly groups: Groups },
  ) {
    this.id = record.id;
    this.#groups = groups;
    this.process = process;
    this.monitor = monitor;
    this.agent = new AgentClient({
      path: place.agent,
      guest: record.name,
      session: record.agentSession,
      onward: (signal) => this.onward(signal),
    });
    this.inside = agentOf(record, place, this.agent);
    this.spice = hasSpicePort(record) ? new SpiceAgent(place.spice) : undefined;
    monitor.onEvent((event) => this.#note(event));
    const gone = new AbortController();
    this.gone = gone.signal;
    void monitor.closed().then(() => gone.abort());
    this.ended = this.#watch();
  }

  /** Connects to the guest's process. @throws LodgeError host.qemu_gone */
  static async connect(
    record: GuestRecord,
    process: Processes,
    place: GuestPlace,
    { groups, ...options }: { groups: Groups; timeout?: number; signal?: AbortSignal },
  ): Promise<LiveGuest> {
    const monitor = await Monitor.connect(place.qmp, options);
    return new LiveGuest(record, process, monitor, { place, groups });
  }

  /** It runs and is itself: from now on it goes before others only while somebody waits for it. */
  settle(): void {
    this.#groups.precede(this.id, this.process.pid, "ordinary");
    this.spice?.open();
  }

  /** Somebody waits for this work in it: until that has ended, but for three seconds at most, it goes first. */
  attend(work: Promise<unknown>): void {
    if (this.#awaited++ === 0) this.#groups.precede(this.id, this.process.pid, "awaited");
    void withTimeout(work, longestAttention)
      .catch(() => undefined)
      .then(() => {
        if (--this.#awaited === 0) this.settle();
      });
  }

  async status(): Promise<string> {
    return (await this.monitor.execute<{ status: string }>("query-status")).status;
  }

  /** Without its TPM a machine's state cannot be saved. @throws LodgeError guest.tpm_gone */
  requireTpm(name: string): void {
    const { tpm } = this.process;
    if (tpm && !isAlive(tpm)) throw new LodgeError("guest.tpm_gone", { guest: name });
  }

  /** Ends the process at once. Idempotent. */
  async kill(): Promise<void> {
    await withTimeout(this.monitor.execute("quit"), 500).catch(() => undefined);
    if (!(await waitGone(this.process, 1500))) await endProcess(this.process, 500);
  }

  /** Lets go of the guest, which lives on. */
  disconnect(): void {
    this.#released = true;
    this.spice?.close();
    this.inside.close();
    this.agent.close();
    this.monitor.close();
  }

  #note(event: QmpEvent): void {
    if (event.event === "SHUTDOWN") {
      this.#shutdown = { cause: String(event.data["reason"]), guest: event.data["guest"] === true };
    }
    if (event.event === "GUEST_PANICKED") this.#panicked = true;
    if (event.event === "VSERPORT_CHANGE" && event.data["id"] === spicePortId)
      this.spice?.portTurned(event.data["open"] === true);
    this.#noteFault(event);
  }

  /** QEMU tells of each write that fails, then once that it has halted the machine for them. */
  #noteFault({ event, data }: QmpEvent): void {
    if (event === "BLOCK_IO_ERROR" && data["action"] === "stop") this.#failing = true;
    if (event === "STOP" && this.#failing) this.stuck = {};
    if (event !== "RESUME") return;
    this.#failing = false;
    this.stuck = undefined;
  }

  async #watch(): Promise<Ending> {
    await this.monitor.closed();
    if (this.#released) return new Promise(() => undefined);
    await waitGone(this.process, 10_000);
    if (isAlive(this.process)) await endProcess(this.process);
    await Promise.all(helpersOf(this.process).map((helper) => endProcess(helper)));
    this.spice?.close();
    this.inside.leave();
    this.agent.leave();
    const cause = this.#shutdown?.cause;
    const clean = !this.#panicked && (cause === "guest-shutdown" || cause === "host-qmp-quit");
    const known = cause === undefined ? undefined : causes[cause];
    return { clean, reason: this.#panicked ? "its kernel panicked" : (known ?? "its process ended") };
  }
}
