/**
 * Connections for a moving guest's disks that lead from QEMU to QEMU, through no daemon: those only make them, and give them away
 * (docs/decisions/0060). By what goes through them the QEMUs know each other: a key for this move alone.
 *
 *   source                                    target
 *     │                          ◄── wants     a port at which it listens, a secret (over the conversation)
 *     │ connects, which waits there
 *     │ sent ────────────────────────────────► its QEMU gets what listens, and the key
 *     │                          ◄── ready
 *     │ its QEMU gets the connection, one more for each further disk, and the key
 *
 * Where a firewall is between them, or one of them is of an older version, disks go by the hosts' tunnels, as memory does.
 */
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { ApartSocket } from "#base/apart-socket";
import { LodgeError } from "#contract/errors";

/** What a target says of them. */
export interface DirectOffer {
  readonly port: number;
  /** The key, in hexadecimal digits. */
  readonly secret: string;
}

/** TCP ports at which hosts take disks: one for each guest that is on its way. */
const directPorts = { first: 8480, count: 64 } as const;

/** Milliseconds for a connection to be made. */
const patience = 1000;

/** Where a target takes what comes. */
export class DirectBerth implements Disposable {
  readonly offer: DirectOffer;
  /** Listens; whoever connects waits until QEMU has it. */
  readonly socket: ApartSocket;

  private constructor(socket: ApartSocket, port: number) {
    this.socket = socket;
    this.offer = { port, secret: randomBytes(32).toString("hex") };
  }

  /** @param host this host's address for others. Undefined: none of the ports is free. */
  static async open(host: string): Promise<DirectBerth | undefined> {
    const found = await ApartSocket.listen(host, ports());
    return found && new DirectBerth(found.socket, found.port);
  }

  /** Forgets it: a QEMU that was given it goes on. Idempotent. */
  [Symbol.dispose](): void {
    this.socket[Symbol.dispose]();
  }
}

/** A source's connections. */
export class DirectWay {
  readonly secret: string;
  readonly #host: string;
  readonly #port: number;
  readonly #made: ApartSocket[];
  #given = 0;

  private constructor(host: string, { port, secret }: DirectOffer, first: ApartSocket) {
    this.#host = host;
    this.#port = port;
    this.secret = secret;
    this.#made = [first];
  }

  /** Undefined: there is no way. */
  static async find(host: string, offer: DirectOffer): Promise<DirectWay | undefined> {
    const first = await reach(host, offer.port);
    return first && new DirectWay(host, offer, first);
  }

  /** One for a further disk. @throws LodgeError move.cut: there is no way any more */
  async disk(): Promise<ApartSocket> {
    const waiting = this.#made[this.#given++];
    if (waiting) return waiting;
    const made = await reach(this.#host, this.#port);
    if (!made) throw new LodgeError("move.cut");
    this.#made.push(made);
    return made;
  }

  /** Ends all of it, for QEMU as well. Idempotent. */
  cut(): void {
    for (const socket of this.#made) socket.cut();
  }
}

/** All of them, from one of them on. */
function* ports(): Generator<number> {
  const from = randomInt(directPorts.count);
  for (let i = 0; i < directPorts.count; i++) yield directPorts.first + ((from + i) % directPorts.count);
}

async function reach(host: string, port: number): Promise<ApartSocket | undefined> {
  const socket = connect({ host, port });
  socket.on("error", () => undefined);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(patience) });
    return ApartSocket.of(socket);
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
