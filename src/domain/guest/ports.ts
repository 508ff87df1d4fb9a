/**
 * Connections to what listens inside guests.
 *
 *   the guest has Lodge's agent   ── by the agent, to the guest's own loopback, whatever its network is
 *   else, a card in a network     ── by the host's own address in that network, to the card's
 *   else                          ── refused
 *
 * Nothing that a guest says chooses where a connection goes: its own agent connects to itself alone, and its address is
 * the one that Lodge gave it, which nobody else can have (hypervisor/net/guard/pin.ts).
 */
import type { Duplex } from "node:stream";
import { hasCode, LodgeError } from "#contract/errors";
import { dial } from "./dial.ts";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { guestById, type GuestRecord } from "./record.ts";
import { requireAction } from "./state.ts";

/** Of one guest: as many as its agent takes beside the commands that run by it. */
const mostPorts = 32;
/** Milliseconds for an agent to answer. */
const patience = 30_000;

export class Ports {
  readonly #fleet: Fleet;
  /** How many connections each guest has. */
  readonly #open = new Map<string, number>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  /**
   * Connects to a TCP port inside a guest. Each direction of the stream ends by itself.
   *
   * @throws LodgeError guest.not_found, guest.wrong_state, port.too_many, port.refused, port.unreachable, agent.unreachable
   */
  async connect(ref: string, port: number, signal: AbortSignal): Promise<Duplex> {
    const record = await guestById(this.#fleet.parts.store, ref);
    requireAction(record, "tunnel");
    const live = this.#fleet.require(record.id);
    this.#count(record);
    try {
      const stream = await this.#reach(record, live, port, signal);
      return stream.once("close", () => this.#forget(record.id));
    } catch (error) {
      this.#forget(record.id);
      throw error;
    }
  }

  async #reach(record: GuestRecord, live: LiveGuest, port: number, signal: AbortSignal): Promise<Duplex> {
    try {
      return await live.inside.connect(port, { signal, timeout: patience });
    } catch (error) {
      if (!hasCode(error, "agent.unsupported", "agent.absent")) throw error;
    }
    const guest = record.name;
    const way = await this.#fleet.parts.networks.hostWay(record);
    if (way) return dial(way, { guest, port, signal, gone: live.gone });
    const reason = "it has no agent of Lodge's, and no address in a network of this host";
    throw new LodgeError("port.unreachable", { guest, reason });
  }

  #count({ id, name }: GuestRecord): void {
    const open = this.#open.get(id) ?? 0;
    if (open >= mostPorts) throw new LodgeError("port.too_many", { guest: name, limit: mostPorts });
    this.#open.set(id, open + 1);
  }

  #forget(id: string): void {
    const left = (this.#open.get(id) ?? 1) - 1;
    if (left > 0) this.#open.set(id, left);
    else this.#open.delete(id);
  }
}
