/**
 * The connections of a door: so many in all, and so many of one address. Where one comes that is one too many, not
 * it is turned away but the one that has done nothing for longest: of its own address or, where the door is full, of
 * the address that has most. So a thousand sockets that only stand there take no place from whoever asks something.
 *
 *   idle ──a request's head──► receiving ──its body──► busy ──answered──► idle
 *     └──made way for others       └── made way, where none is idle         upgraded: busy until it ends
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { addressGroup } from "#domain/access/attempts";

export interface ConnectionLimits {
  /** Of the whole door. */
  readonly total: number;
  readonly ofAddress: (group: string) => number;
}

/** Of one address, each set in the order in which its members came into it. */
interface Group {
  readonly address: string;
  count: number;
  readonly idle: Map<string, Known>;
  readonly receiving: Map<string, Known>;
}

interface Known {
  readonly key: string;
  readonly socket: Socket;
  readonly group: Group;
}

/** Under TLS a request's socket is another object than the connection's, with the same ends. */
const keyOf = ({ remoteAddress = "", remotePort = 0, localAddress = "" }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #groups = new Map<string, Group>();
  readonly #known = new Map<string, Known>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Takes a connection in, or ends it where nobody makes way for it. */
  add(socket: Socket): void {
    // Its other end may be gone already, and then it has no address.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const group = this.#groupOf(addressGroup(socket.remoteAddress));
    const full =
      group.count >= this.#limits.ofAddress(group.address)
        ? !this.#makeWay(group)
        : this.#known.size >= this.#limits.total && !this.#makeWay(this.#largest());
    if (full) return void socket.destroy();
    const known = { key: keyOf(socket), socket, group };
    group.count++;
    group.idle.set(known.key, known);
    this.#groups.set(group.address, group);
    this.#known.set(known.key, known);
    socket.once("close", () => this.#forget(known));
  }

  /** A request begins on a connection. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const known = this.#known.get(keyOf(request.socket));
    if (!known) return;
    const { key, group, socket } = known;
    group.idle.delete(key);
    if (hasBody(request)) {
      group.receiving.set(key, known);
      const received = () => group.receiving.delete(key);
      request.once("end", received).once("close", received);
    }
    response.once("close", () => {
      if (this.#known.get(key) === known && !socket.destroyed) group.idle.set(key, known);
    });
  }

  /** A connection is no HTTP any more: it ends when whoever has it says so. */
  upgrade(request: IncomingMessage): void {
    const known = this.#known.get(keyOf(request.socket));
    known?.group.idle.delete(known.key);
  }

  #groupOf(address: string): Group {
    return this.#groups.get(address) ?? { address, count: 0, idle: new Map(), receiving: new Map() };
  }

  #largest(): Group | undefined {
    let largest: Group | undefined;
    for (const group of this.#groups.values())
      if (group.idle.size + group.receiving.size > 0 && group.count > (largest?.count ?? 0)) largest = group;
    return largest;
  }

  /** Ends the connection of a group that has waited longest; false where all of them are busy. */
  #makeWay(group: Group | undefined): boolean {
    const known = firstOf(group?.idle) ?? firstOf(group?.receiving);
    if (!known) return false;
    // Its place is free now, not only when its end is told.
    this.#forget(known);
    known.socket.destroy();
    return true;
  }

  #forget(known: Known): void {
    const { key, group } = known;
    if (this.#known.get(key) !== known) return;
    this.#known.delete(key);
    group.idle.delete(key);
    group.receiving.delete(key);
    if (--group.count === 0) this.#groups.delete(group.address);
  }
}

const firstOf = (waiting: ReadonlyMap<string, Known> | undefined): Known | undefined =>
  waiting?.values().next().value;
