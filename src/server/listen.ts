/** Listening: where, and what can go wrong. */
import { lstat, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect, isIP } from "node:net";
import { LodgeError } from "#contract/errors";

export interface TcpAddress {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
}

/** "127.0.0.1:7070", "[::1]:7070", "localhost:7070". @throws LodgeError api.address_refused */
export function parseListen(address: string): TcpAddress {
  const refuse = (reason: string) => new LodgeError("api.address_refused", { address, reason });
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2] ?? "";
  const port = Number(match?.[3]);
  if (!match || host === "" || port > 65_535) throw refuse("it is not of the form HOST:PORT");
  if (host !== "localhost" && isIP(host) === 0) throw refuse("the host is not an IP address");
  return { host: host === "localhost" ? "127.0.0.1" : host, port };
}

export const isEveryAddress = (host: string): boolean => /^[0.]+$|^[0:]+$/.test(host);

export const formatAddress = ({ host, port }: TcpAddress): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** @throws LodgeError api.address_in_use */
export async function listenTcp(server: Server, address: TcpAddress): Promise<TcpAddress> {
  await listening(server, formatAddress(address), () => server.listen({ ...address, exclusive: true }));
  const bound = server.address();
  return { host: address.host, port: typeof bound === "object" && bound ? bound.port : address.port };
}

/**
 * Listens on a unix socket of mode 0660. A socket file that nobody listens on is what a killed daemon
 * left, and is replaced.
 *
 * @throws LodgeError api.address_in_use
 */
export async function listenUnix(server: Server, path: string): Promise<void> {
  if (await answers(path)) throw new LodgeError("api.address_in_use", { address: path });
  await removeSocket(path);
  await listening(server, path, () => {
    // bind(2) makes the file, and Node calls it before listen() returns: there is no moment in which
    // the socket is open to everyone.
    const before = process.umask(0o117);
    try {
      server.listen({ path });
    } finally {
      process.umask(before);
    }
  });
}

/** Removes a socket and nothing else. That there is none, or no folder for one, is told by listening. */
async function removeSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket()) await unlink(path);
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });

/** What bind(2) says where an address cannot be had at all. */
const forbidding = new Set(["EACCES", "EADDRNOTAVAIL", "ENOENT", "ENOTDIR", "EROFS"]);

function listening(server: Server, address: string, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      server.off("listening", succeed);
      if (error.code === "EADDRINUSE") {
        reject(new LodgeError("api.address_in_use", { address }, { cause: error }));
      } else if (forbidding.has(error.code ?? "")) {
        const reason = `the system does not allow it (${error.code})`;
        reject(new LodgeError("api.address_refused", { address, reason }, { cause: error }));
      } else reject(error);
    };
    const succeed = () => {
      server.off("error", fail);
      resolve();
    };
    server.once("error", fail);
    server.once("listening", succeed);
    listen();
  });
}
