/**
 * The desktop of a guest that has gone to another host, for one viewer who stays on this: he sits at the other host's, so
 * that whoever watches the guest, from wherever, shares one clipboard. Lines of JSON, each way:
 *
 *   this host                            the guest's host (serveDesktop)
 *     │ acted, wish ───────────────────────► │  he typed; how large the screen should be
 *     │ offer, withdraw, give, want, peek ─► │  what he copied here; what he wants to paste here
 *     │ ◄─────────── notify, request, provide │  what the guest has; what it wants to paste
 *     │ ◄─────────────────────────────── can │  does its agent make the screen as large as it is told?
 */
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import type { ClipboardViewer } from "./clipboard.ts";
import type { Desktop, SeatDesktop, WishAnswer } from "./desktop.ts";
import type { Monitors, Size } from "./screen-size.ts";

type FromViewer =
  | { readonly say: "acted" | "withdraw" | "want" | "peek" }
  /** `further`: of the monitors besides the first; a host of before knows of none. */
  | { readonly say: "wish"; readonly size: Size; readonly further?: readonly Size[] }
  | { readonly say: "offer" | "give"; readonly text?: string | undefined };

type ToViewer =
  | { readonly say: "notify"; readonly hasText: boolean }
  | { readonly say: "request" }
  | { readonly say: "provide"; readonly text: string }
  | { readonly say: "can"; readonly resize: boolean };

function hear<Line>(stream: Duplex, take: (line: Line) => void): void {
  stream.on("error", () => undefined);
  stream.on("end", () => stream.destroy());
  createInterface({ input: stream, crlfDelay: Infinity })
    .on("line", (line) => {
      try {
        take(JSON.parse(line) as Line);
      } catch {
        stream.destroy();
      }
    })
    .on("error", () => undefined);
}

const say = (stream: Duplex, line: FromViewer | ToViewer): void => {
  if (!stream.destroyed) stream.write(`${JSON.stringify(line)}\n`);
};

export class FarDesktop implements SeatDesktop {
  readonly #stream: Duplex;
  readonly #viewer: () => ClipboardViewer;
  #resizes = false;
  /** The guest waits for the text that he has offered. */
  #wanted = false;

  readonly clipboard: SeatDesktop["clipboard"] = {
    awaits: () => this.#wanted,
    offer: async (_viewer, text) => {
      this.#wanted = false;
      this.#say({ say: "offer", text });
    },
    give: async (_viewer, text) => {
      if (!this.#wanted) return;
      this.#wanted = false;
      this.#say({ say: "give", text });
    },
    withdraw: () => {
      this.#wanted = false;
      this.#say({ say: "withdraw" });
    },
    want: async () => this.#say({ say: "want" }),
    peek: () => this.#say({ say: "peek" }),
  };

  constructor(stream: Duplex, viewer: () => ClipboardViewer) {
    this.#stream = stream;
    this.#viewer = viewer;
    hear<ToViewer>(stream, (line) => this.#hear(line));
  }

  acted(): void {
    this.#say({ say: "acted" });
  }

  wish(_viewer: ClipboardViewer, [size, ...further]: Monitors): WishAnswer {
    if (!this.#resizes) return "card";
    this.#say({ say: "wish", size, ...(further.length > 0 ? { further } : {}) });
    return "agent";
  }

  leave(): void {
    this.#stream.destroy();
  }

  #hear(line: ToViewer): void {
    const viewer = this.#viewer();
    switch (line.say) {
      case "notify":
        return viewer.notify(line.hasText);
      case "request":
        this.#wanted = true;
        return viewer.request();
      case "provide":
        return viewer.provide(line.text);
      case "can":
        this.#resizes = line.resize;
    }
  }

  #say(line: FromViewer): void {
    say(this.#stream, line);
  }
}

/** Lets a viewer who is on another host sit at this desktop, until the stream ends. */
export function serveDesktop(desktop: Desktop, stream: Duplex): void {
  const { clipboard } = desktop;
  const viewer: ClipboardViewer = {
    notify: (hasText) => say(stream, { say: "notify", hasText }),
    request: () => say(stream, { say: "request" }),
    provide: (text) => say(stream, { say: "provide", text }),
  };
  const deaf = desktop.onTurned(() => say(stream, { say: "can", resize: desktop.resizes }));
  stream.once("close", () => {
    deaf();
    desktop.leave(viewer);
  });
  hear<FromViewer>(stream, (line) => {
    switch (line.say) {
      case "acted":
        return desktop.acted(viewer);
      case "wish":
        return void desktop.wish(viewer, [line.size, ...(line.further ?? [])]);
      case "offer":
        return void clipboard.offer(viewer, line.text);
      case "give":
        return void clipboard.give(viewer, line.text);
      case "withdraw":
        return clipboard.withdraw(viewer);
      case "want":
        return void clipboard.want(viewer);
      case "peek":
        return clipboard.peek(viewer);
    }
  });
}
