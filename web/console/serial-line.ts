/**
 * A guest's serial console over its WebSocket: what it said before, then what it says. Frames are those of
 * contract/stream.ts. Input waits while the server's window is full.
 */
import { inputWindow, longestPiece, stdin, stdout, type ServerFrame } from "#contract/stream";
import { LodgeError } from "#contract/errors";
import { pathOf, socketUrl, usual } from "../data/api.ts";
import { lostLine, whyRefused } from "./refusal.ts";

export interface SerialOptions {
  readonly guest: string;
  readonly scrollback: number;
  output(bytes: Uint8Array): void;
  opened(): void;
  /** It is over: with an error, or as the guest's console ended. */
  ended(error: LodgeError | undefined): void;
  readonly open?: (url: string) => WebSocket;
}

export interface SerialLine {
  type(text: string): void;
  close(): void;
}

export function openSerial({
  guest,
  scrollback,
  open = (url) => new WebSocket(url),
  ...on
}: SerialOptions): SerialLine {
  const why = usual.reason === undefined ? "" : `?reason=${encodeURIComponent(usual.reason)}`;
  const path = pathOf("guestConsole", { guest }) + why;
  const socket = open(socketUrl(path));
  socket.binaryType = "arraybuffer";
  let room = inputWindow;
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let admitted = false;
  let over = false;

  function end(error?: LodgeError): void {
    if (over) return;
    over = true;
    socket.close();
    on.ended(error);
  }

  function flush(): void {
    for (let piece = waiting[0]; piece && piece.length <= room; piece = waiting[0]) {
      waiting.shift();
      room -= piece.length;
      const message = new Uint8Array(piece.length + 1);
      message[0] = stdin;
      message.set(piece, 1);
      socket.send(message);
    }
  }

  function receive(frame: ServerFrame): void {
    if (frame.type === "started") on.opened();
    else if (frame.type === "window") {
      room += frame.bytes;
      flush();
    } else if (frame.type === "error") end(LodgeError.fromProblem(frame.problem));
    else if (frame.type === "end") end();
  }

  socket.onopen = () => {
    admitted = true;
    socket.send(JSON.stringify({ type: "console", scrollback }));
  };
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === "string") return receive(JSON.parse(data) as ServerFrame);
    const bytes = new Uint8Array(data);
    if (bytes[0] === stdout) on.output(bytes.subarray(1));
  };
  socket.onclose = () => {
    if (admitted || over) end(lostLine());
    else void whyRefused(path).then(end);
  };

  return {
    type(text) {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; at += longestPiece)
        waiting.push(bytes.slice(at, at + longestPiece));
      if (socket.readyState === WebSocket.OPEN) flush();
    },
    close() {
      over = true;
      waiting = [];
      socket.close();
    },
  };
}
