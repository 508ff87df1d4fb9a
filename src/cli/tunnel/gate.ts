/**
 * Where programs of this computer enter a tunnel: a port of 127.0.0.1, or a unix socket. Both are for this user's own
 * programs alone; what is behind it may have no further password.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { LodgeError } from "#contract/errors";
import { isSameUser, tellsUsers } from "./same-user.ts";

export interface GatePlace {
  /** A port of 127.0.0.1; 0: any that is free. */
  readonly port: number;
  /** A unix socket instead. */
  readonly socket: string | undefined;
  /** What comes shows by something else whose it is, or is to be let in whoever it is. */
  readonly anyUser: boolean;
}

export interface Gate {
  /** The port, where it has one. */
  readonly port: number | undefined;
  /** For people: "127.0.0.1:5901", or the socket's path. */
  readonly name: string;
  /** Lets nobody in any more, and ends what was let in. */
  close(): void;
}

export interface GateKeeper {
  /** Serves a connection until its end. */
  readonly take: (socket: Socket) => Promise<void>;
  /** Told of what failed, and of whom it did not let in. */
  readonly told: (error: unknown) => void;
}

/** @throws LodgeError cli.port_taken, cli.file, tunnel.users_unknown */
export async function openGate(place: GatePlace, keeper: GateKeeper): Promise<Gate> {
  const guarded = place.socket === undefined && !place.anyUser;
  if (guarded && !(await tellsUsers())) throw new LodgeError("tunnel.users_unknown");
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    serve(socket, guarded, keeper).catch((error: unknown) => {
      keeper.told(error);
      socket.destroy();
    });
  });
  await listen(server, place);
  const port = place.socket === undefined ? (server.address() as AddressInfo).port : undefined;
  return {
    port,
    name: place.socket ?? `127.0.0.1:${port}`,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function serve(socket: Socket, guarded: boolean, { take }: GateKeeper): Promise<void> {
  if (guarded && !(await isSameUser(socket))) throw new LodgeError("tunnel.other_user");
  await take(socket);
}

async function listen(server: Server, { port, socket }: GatePlace): Promise<void> {
  // A socket is its user's alone from the moment that it is there.
  const mask = process.umask(0o077);
  try {
    if (socket === undefined) server.listen(port, "127.0.0.1");
    else server.listen(socket);
  } finally {
    process.umask(mask);
  }
  try {
    await once(server, "listening");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (socket !== undefined) throw new LodgeError("cli.file", { path: socket, reason: message }, { cause });
    throw new LodgeError("tunnel.not_listening", { port, reason: code ?? message }, { cause });
  }
}
