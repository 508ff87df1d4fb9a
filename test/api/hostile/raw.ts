/** Connections whose bytes are written by hand: what no client of HTTP's would send. */
import { connect, type Socket } from "node:net";

export async function dial(url: string, from = "127.0.0.66"): Promise<Socket> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port), localAddress: from });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  return socket;
}

/** Resolves when a connection has ended. Not by once(), for which that it was reset is a failure. */
export const closed = async (socket: Socket): Promise<void> => {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
};

/** What a connection is told until it is closed. */
export async function heardOn(socket: Socket): Promise<string> {
  let heard = "";
  socket.setEncoding("latin1").on("data", (some: string) => (heard += some));
  await closed(socket);
  return heard;
}

/** Sends bytes and no more; resolves to all that was answered before the other end closed. */
export async function say(url: string, bytes: string | Buffer, from?: string): Promise<string> {
  const socket = await dial(url, from);
  const heard = heardOn(socket);
  socket.write(bytes);
  return heard;
}

/** The status of each answer. */
export const statusesIn = (heard: string): number[] =>
  [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
