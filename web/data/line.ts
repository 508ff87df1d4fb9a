/**
 * A WebSocket that comes back: after a daemon's restart, a sleeping laptop, a changed network.
 *
 *   opening ──"started"──► live ──lost──► waiting ──(0.5 s, doubled up to 10 s; at once when the
 *      ▲                                     │        browser says that the network is there again)
 *      └─────────────────────────────────────┘
 */
export type LineState = "opening" | "live" | "waiting";

export interface LineOptions {
  /** The address to open next: it says where to go on from. */
  url(): string;
  /** What comes, but for the word with which the stream itself ends. */
  receive(frame: unknown): void;
  turned(state: LineState): void;
  /** The type of the frame that a line begins with. */
  readonly begins?: string;
  readonly open?: (url: string) => WebSocket;
}

const shortest = 500;
const longest = 10_000;

export interface Line {
  close(): void;
}

export interface SpokenLine extends Line {
  /** Lost where the line is: what is sent is true for a moment only. */
  send(frame: object): void;
}

export function openLine({
  url,
  receive,
  turned,
  begins = "started",
  open = (to) => new WebSocket(to),
}: LineOptions): SpokenLine {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = shortest;
  let closed = false;

  function connect(): void {
    clearTimeout(timer);
    timer = undefined;
    turned("opening");
    const current = open(url());
    socket = current;
    current.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as { readonly type?: string };
      // Its last word, as where the daemon stops: that it ended is seen when it has.
      if (frame.type === "end" || frame.type === "error") return;
      if (frame.type === begins) {
        pause = shortest;
        turned("live");
      }
      receive(frame);
    };
    current.onclose = () => {
      if (closed || socket !== current) return;
      socket = undefined;
      turned("waiting");
      timer = setTimeout(connect, pause);
      pause = Math.min(2 * pause, longest);
    };
  }

  /** The network is back, or the page is looked at again: no reason to wait on. */
  const hurry = () => {
    if (timer !== undefined && globalThis.document?.visibilityState !== "hidden") connect();
  };
  globalThis.addEventListener?.("online", hurry);
  globalThis.document?.addEventListener("visibilitychange", hurry);
  connect();

  return {
    send(frame) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    close() {
      closed = true;
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", hurry);
      globalThis.document?.removeEventListener("visibilitychange", hurry);
      socket?.close();
    },
  };
}
