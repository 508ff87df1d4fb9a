/**
 * What a guest plays, for as long as somebody listens: a ticket, a WebSocket apart from the display's, and a worklet that
 * plays what comes. Lost, it comes back as the display does. Begun by a click, since browsers play nothing unasked.
 */
import { catalogue, LodgeError, type ErrorCode } from "#contract/errors";
import { errorOf, pathOf, socketUrl } from "../../data/api.ts";
import { rate } from "./jitter.ts";
import worklet from "./worklet.ts?worker&url";

export interface SoundLine {
  close(): void;
}

export interface SoundOptions {
  /** Asks for a ticket: of each connection anew. */
  admit(): Promise<{ readonly guest: string; readonly ticket: string }>;
  /** It ended by itself, and why. */
  over(error: LodgeError): void;
}

const shortest = 500;
const longest = 5_000;

/** Errors after which another try may end otherwise. */
const mayPass = new Set<ErrorCode>([
  "api.daemon_unreachable",
  "api.daemon_lost",
  "api.stopping",
  "host.qemu_gone",
]);

export function openSound({ admit, over }: SoundOptions): SoundLine {
  const context = new AudioContext({ sampleRate: rate, latencyHint: "interactive" });
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = shortest;
  let closed = false;

  function close(): void {
    closed = true;
    clearTimeout(timer);
    socket?.close();
    void context.close();
  }

  function fail(error: LodgeError): void {
    if (closed) return;
    if (!mayPass.has(error.code)) {
      close();
      return over(error);
    }
    again();
  }

  function again(): void {
    if (closed) return;
    timer = setTimeout(() => void connect(player), pause);
    pause = Math.min(2 * pause, longest);
  }

  let player: AudioWorkletNode;

  async function connect(to: AudioWorkletNode): Promise<void> {
    try {
      const { guest, ticket } = await admit();
      if (closed) return;
      const opened = new WebSocket(socketUrl(`${pathOf("guestSound", { guest })}?ticket=${ticket}`));
      socket = opened;
      opened.binaryType = "arraybuffer";
      opened.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        pause = shortest;
        to.port.postMessage(data, [data]);
      };
      opened.onclose = ({ reason }) => {
        if (reason in catalogue) fail(new LodgeError(reason as ErrorCode, { guest, limit: "too many" }));
        else again();
      };
    } catch (error) {
      fail(errorOf(error));
    }
  }

  async function begin(): Promise<void> {
    await context.audioWorklet.addModule(worklet);
    if (closed) return;
    player = new AudioWorkletNode(context, "lodge-sound", { numberOfInputs: 0, outputChannelCount: [2] });
    player.connect(context.destination);
    await connect(player);
  }

  begin().catch((error: unknown) => fail(errorOf(error)));
  return { close };
}
