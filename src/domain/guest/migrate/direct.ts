/**
 * Connections between the QEMUs of a move, which lead through no daemon: those only make them, and give them away
 * (docs/decisions/0060). By what goes through them the QEMUs know each other: a key for this move alone.
 *
 *   source                                    target
 *     │                          ◄── wants     two ports, a word, a secret (over the conversation)
 *     │ the word, to the first ──────────────► that connection is for memory
 *     │                          ◄── heard
 *     │ sent ────────────────────────────────► its QEMU gets it, and listens at the second port
 *     │                          ◄── ready
 *     │ to the second, once for each disk ───►
 *
 * Where a firewall is between them, or one of them is of an older version, all of it goes by the hosts' tunnels instead.
 */
import { randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { connect, type AddressInfo, type Server, type Socket } from "node:net";
import { ApartSocket, listen } from "#base/apart-socket";
import { LodgeError } from "#contract/errors";

/** What a target says of its connections. */
export interface DirectOffer {
  /** Ports: to be connected to at once for memory, and once it is ready for disks. */
  readonly memory: number;
  readonly disks: number;
  /** What is said to the first, so that nobody else's connection is taken for it. */
  readonly word: string;
  /** The key, in hexadecimal digits. */
  readonly secret: string;
}

/** TCP ports at which hosts take moving guests: two for each that is on its way. */
export const directPorts = { first: 8480, count: 64 } as const;

/** Milliseconds for a connection to be made, and for the word. */
const patience = 1000;

const wordLength = 32;
const heard = Buffer.from("+");

/** Where a target takes what comes. */
export class DirectBerth implements Disposable {
  readonly offer: DirectOffer;
  readonly disks: ApartSocket;
  readonly #server: Server;
  readonly #came = Promise.withResolvers<ApartSocket>();
  #memory: ApartSocket | undefined;

  private constructor(server: Server, disks: { readonly socket: ApartSocket; readonly port: number }) {
    this.#server = server;
    this.disks = disks.socket;
    this.#came.promise.catch(() => undefined);
    this.offer = {
      memory: (server.address() as AddressInfo).port,
      disks: disks.port,
      word: randomBytes(wordLength / 2).toString("hex"),
      secret: randomBytes(32).toString("hex"),
    };
    server.maxConnections = 4;
    server.on("connection", (socket) => void this.#greet(socket));
  }

  /** @param host this host's address for others. Undefined: none of the ports is free. */
  static async open(host: string): Promise<DirectBerth | undefined> {
    const disks = await ApartSocket.listen(host, ports());
    const server = disks && (await listen(host, ports()));
    if (server) return new DirectBerth(server, disks);
    disks?.socket[Symbol.dispose]();
    return undefined;
  }

  /** The connection for memory, which the source has made. */
  memory(): Promise<ApartSocket> {
    return this.#came.promise;
  }

  /** Forgets all of it: whoever was given a part of it goes on with that. Idempotent. */
  [Symbol.dispose](): void {
    this.#server.close();
    this.#came.reject(new LodgeError("move.cut"));
    this.#memory?.[Symbol.dispose]();
    this.disks[Symbol.dispose]();
  }

  async #greet(socket: Socket): Promise<void> {
    socket.on("error", () => undefined);
    const said = await read(socket, wordLength);
    const right = said && timingSafeEqual(said, Buffer.from(this.offer.word));
    if (!right || this.#memory || socket.destroyed) return void socket.destroy();
    // Whoever sent the word waits for this: nothing comes meanwhile.
    socket.write(heard, (error) => {
      this.#memory = error ? undefined : ApartSocket.of(socket);
      if (!this.#memory) return;
      this.#server.close();
      this.#came.resolve(this.#memory);
    });
  }
}

/** A source's connections. */
export class DirectWay {
  readonly secret: string;
  readonly memory: ApartSocket;
  readonly #host: string;
  readonly #port: number;
  readonly #disks: ApartSocket[] = [];

  private constructor(host: string, { disks, secret }: DirectOffer, memory: ApartSocket) {
    this.#host = host;
    this.#port = disks;
    this.secret = secret;
    this.memory = memory;
  }

  /** Undefined: there is no way. */
  static async find(host: string, offer: DirectOffer): Promise<DirectWay | undefined> {
    const socket = await reach(host, offer.memory);
    if (!socket) return undefined;
    socket.write(offer.word);
    const answer = await read(socket, heard.length);
    const memory = answer?.equals(heard) ? ApartSocket.of(socket) : undefined;
    socket.destroy();
    return memory && new DirectWay(host, offer, memory);
  }

  /** @throws LodgeError move.cut: there is no way any more */
  async disk(): Promise<ApartSocket> {
    const socket = await reach(this.#host, this.#port);
    const disk = socket && ApartSocket.of(socket);
    if (!disk) throw new LodgeError("move.cut");
    this.#disks.push(disk);
    return disk;
  }

  /** Ends all of it, for QEMU as well. Idempotent. */
  cut(): void {
    for (const socket of [this.memory, ...this.#disks]) socket.cut();
  }
}

/** All of them, from one of them on. */
function* ports(): Generator<number> {
  const from = randomInt(directPorts.count);
  for (let i = 0; i < directPorts.count; i++) yield directPorts.first + ((from + i) % directPorts.count);
}

async function reach(host: string, port: number): Promise<Socket | undefined> {
  const socket = connect({ host, port });
  socket.on("error", () => undefined);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(patience) });
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}

/** So many bytes; undefined: other than that came. */
async function read(socket: Socket, length: number): Promise<Buffer | undefined> {
  let came = Buffer.alloc(0);
  const late = AbortSignal.timeout(patience);
  try {
    while (came.length < length) {
      const data = once(socket, "data", { signal: late });
      socket.resume();
      const [chunk] = (await data) as [Buffer];
      socket.pause();
      came = Buffer.concat([came, chunk]);
    }
  } catch {
    return undefined;
  }
  return came.length === length ? came : undefined;
}
