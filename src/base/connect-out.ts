/**
 * Connections by TCP and TLS to addresses that a user gave, by the rules of outbound.ts: what was judged is what is
 * connected to. The name that was given is the one that a certificate has to have.
 */
import { isIP, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Cut, fixed, resolveOpen, type AddressFilter } from "./outbound.ts";

export interface Peer {
  readonly host: string;
  readonly port: number;
}

/** The other end's certificate is none that is trusted for its name. */
export class Untrusted extends Error {}

/**
 * Tries the host's addresses, the next soon where one does not answer.
 *
 * @throws LodgeError api.address_closed; what node:net and node:dns throw; the signal's reason
 */
export async function connectOut(
  { host, port }: Peer,
  may: AddressFilter,
  signal: AbortSignal,
): Promise<Socket> {
  const lookup = fixed(await resolveOpen(host, may));
  signal.throwIfAborted();
  return opened(process.getBuiltinModule("node:net").connect({ host, port, lookup }), signal);
}

/** The same connection under TLS. @throws Untrusted; what node:tls throws; the signal's reason */
export async function secureOut(
  socket: Socket,
  host: string,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const secured = process.getBuiltinModule("node:tls").connect({
    socket,
    host,
    minVersion: "TLSv1.2",
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  });
  try {
    await opened(secured, signal, "secureConnect");
  } catch (error) {
    // Node notes there what it found wrong with a certificate, and nothing else.
    if ((secured.authorizationError as unknown) && !signal.aborted)
      throw new Untrusted(error instanceof Error ? error.message : String(error), { cause: error });
    throw error;
  }
  return secured;
}

/** Resolves once it is connected; destroyed where it is not, and when the signal ends. */
function opened<T extends Socket>(socket: T, signal: AbortSignal, event = "connect"): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason as Error);
    const settled = () => signal.removeEventListener("abort", abort);
    // Stays: an error that comes later is that of whoever reads, and ends nothing else.
    socket.on("error", (error) => {
      settled();
      reject(signal.aborted ? signal.reason : error);
    });
    socket.once("close", () => {
      settled();
      reject(new Cut("the connection ended before it was there"));
    });
    socket.once(event, () => {
      settled();
      resolve(socket);
    });
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
