/** Sends one file onto a guest's desktop, over its WebSocket (contract/stream.ts): no faster than the guest takes it. */
import { inputWindow, longestPiece, stdin, type ServerFrame } from "#contract/stream";
import { LodgeError } from "#contract/errors";
import { pathOf, socketUrl } from "../data/api.ts";

/** Onto whose desktop, and by which ticket for whoever has no role there. */
export interface DropAdmission {
  readonly guest: string;
  readonly ticket?: string;
}

export interface DropOptions extends DropAdmission {
  readonly file: File;
  readonly signal: AbortSignal;
  /** Bytes that were sent. */
  progress(sent: number): void;
  readonly open?: (url: string) => WebSocket;
}

/** Resolves to the folder that it lies in, where that is known. @throws LodgeError; the signal's reason */
export function dropFile({
  guest,
  ticket,
  file,
  signal,
  progress,
  open = (url) => new WebSocket(url),
}: DropOptions): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const shown = ticket === undefined ? "" : `?ticket=${ticket}`;
    const socket = open(socketUrl(`${pathOf("guestDrop", { guest })}${shown}`));
    let room = inputWindow;
    let at = 0;
    let busy = false;
    const cancel = () => {
      socket.close();
      reject(signal.reason);
    };
    const fail = (error: unknown) => {
      socket.close();
      reject(error);
    };

    /** Reads and sends, one piece after the other, while the window has room. */
    async function flow(): Promise<void> {
      if (busy) return;
      busy = true;
      while (at < file.size && room > 0 && socket.readyState === WebSocket.OPEN) {
        const size = Math.min(longestPiece, room, file.size - at);
        const message = new Uint8Array(size + 1);
        message[0] = stdin;
        message.set(new Uint8Array(await file.slice(at, at + size).arrayBuffer()), 1);
        socket.send(message);
        at += size;
        room -= size;
        progress(at);
        if (at === file.size) socket.send(JSON.stringify({ type: "eof" }));
      }
      busy = false;
    }

    function receive(frame: ServerFrame): void {
      if (frame.type === "started") {
        if (file.size === 0) socket.send(JSON.stringify({ type: "eof" }));
        flow().catch(fail);
      } else if (frame.type === "window") {
        room += frame.bytes;
        flow().catch(fail);
      } else if (frame.type === "error") fail(LodgeError.fromProblem(frame.problem));
      else if (frame.type === "end") resolve(frame.folder);
    }

    signal.addEventListener("abort", cancel, { once: true });
    socket.onopen = () => socket.send(JSON.stringify({ type: "drop", name: file.name, size: file.size }));
    socket.onmessage = ({ data }: MessageEvent<string>) => receive(JSON.parse(data) as ServerFrame);
    socket.onclose = () => {
      signal.removeEventListener("abort", cancel);
      // Once it has resolved or failed, this says nothing.
      reject(new LodgeError("api.daemon_lost", { address: location.origin }));
    };
  });
}
