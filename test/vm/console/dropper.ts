/** Drops a file onto a guest's display, as the page does: frames of contract/stream.ts. Written apart from Lodge's. */
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";

interface Frame {
  readonly type: string;
  readonly bytes?: number;
  readonly folder?: string;
  readonly problem?: { readonly code: string };
}

/** Resolves to the last frame: "end" with a folder, or "error" with its code. */
export async function drop(
  socketPath: string,
  guest: string,
  name: string,
  content: Buffer,
): Promise<string> {
  const through = { createConnection: () => connect(socketPath), perMessageDeflate: false };
  const socket = new WebSocket(`ws://lodge/v1/guests/${guest}/drop`, through as never);
  let room = 1_048_576;
  let at = 0;
  const flow = () => {
    while (room > 0 && at < content.length) {
      const piece = content.subarray(at, at + Math.min(65_536, room));
      socket.send(Buffer.concat([Buffer.of(0), piece]));
      at += piece.length;
      room -= piece.length;
      if (at === content.length) socket.send('{"type":"eof"}');
    }
  };
  let last = "";
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame;
    if (frame.type === "window") room += frame.bytes ?? 0;
    if (frame.type === "started" || frame.type === "window") flow();
    else last = `${frame.type} ${frame.folder ?? frame.problem?.code ?? "desktop"}`;
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "drop", name, size: content.length }));
  await once(socket, "close");
  return last;
}
