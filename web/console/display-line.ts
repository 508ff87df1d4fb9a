/**
 * A guest's display, for as long as somebody looks: a ticket, a WebSocket, a viewer on it; and all of them anew
 * when the connection was lost. The picture that was last there stays until another comes.
 *
 *   ticket ──► socket ──► viewer ──lost──► waiting (0.5 s, doubled up to 5 s) ──► ticket
 *      └── refused: there is no display, or one may not: over
 */
import { catalogue, LodgeError, type ErrorCode } from "#contract/errors";
import { errorOf, pathOf, socketUrl } from "../data/api.ts";
import { press, strokesOf, type Combination } from "./keys.ts";
import type { Layout } from "./layouts.ts";
import { Viewer, type ViewerOptions } from "./viewer.ts";

export type DisplayState =
  | { readonly is: "opening" }
  /** It tries again by itself. `why`: what is in the way, where that was said. */
  | { readonly is: "lost"; readonly why?: ErrorCode }
  | { readonly is: "live"; readonly viewOnly: boolean }
  | { readonly is: "over"; readonly error: LodgeError };

/** What opens a display. */
export interface Admission {
  /** The guest's id. */
  readonly guest: string;
  readonly ticket: string;
  readonly viewOnly: boolean;
}

export interface DisplayOptions extends Pick<ViewerOptions, "drawn" | "pictured" | "sized" | "wish"> {
  /** Asks for a ticket: of each connection anew. */
  admit(): Promise<Admission>;
  readonly frame: HTMLElement;
  /** JPEG quality, 0 to 9; the gateway sends no better than that. */
  readonly quality?: number;
  /** Is the guest's screen to be as large as the frame? */
  readonly fits: boolean;
  turned(state: DisplayState): void;
  /** A text was copied in the guest. */
  copied(text: string): void;
}

export interface DisplayLine {
  press(combination: Combination): void;
  /** Types a text by the layout that the guest has, with keys held; returns the characters that its keyboard has not. */
  type(text: string, layout: Layout, held?: Combination): string;
  /** A text was copied here: the guest gets it when it is pasted there. */
  paste(text: string): void;
  fit(fits: boolean): void;
  /** What `wish` says is another one. */
  wishAgain(): void;
  /** JPEG quality, 0 to 9. */
  sharpen(quality: number): void;
  /** Pictures that came since this was asked last. */
  takePictures(): number;
  /** For other windows that show a part of the picture; undefined while there is none. */
  viewer(): Pick<Viewer, "canvas" | "point" | "wheel" | "key"> | undefined;
  focus(): void;
  close(): void;
}

const shortest = 500;
const longest = 5_000;

/** Errors after which another try would end the same. */
const final = new Set<ErrorCode>([
  "console.no_display",
  "console.too_many",
  "guest.not_found",
  "guest.wrong_state",
  "access.forbidden",
  "api.unauthorized",
  "desktop_pool.not_found",
  "desktop_pool.closed",
  "desktop_pool.full",
  "desktop.not_found",
  "desktop.not_allowed",
  "desktop.nobody_there",
  "desktop.refused",
  "desktop.somebodys",
  "desktop.waiting",
  "desktop.lost",
  "desktop.taken_over",
  "desktop.idle",
  "desktop.ended",
  "desktop.shadow_ended",
  "desktop.home_held",
  "desktop.home_away",
]);

export function openDisplay({ admit, frame, turned, ...options }: DisplayOptions): DisplayLine {
  let viewer: Viewer | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = shortest;
  let closed = false;
  let { fits, quality } = options;

  function again(why?: ErrorCode): void {
    if (closed) return;
    if (viewer) viewer.stays = true;
    turned({ is: "lost", ...(why === undefined ? {} : { why }) });
    timer = setTimeout(() => void connect(), pause);
    pause = Math.min(2 * pause, longest);
  }

  function fail(error: LodgeError): void {
    if (closed) return;
    if (final.has(error.code)) turned({ is: "over", error });
    else again(error.code);
  }

  async function connect(): Promise<void> {
    try {
      const admission = await admit();
      if (!closed) watch(admission);
    } catch (error) {
      fail(errorOf(error));
    }
  }

  function watch({ guest, ticket, viewOnly }: Admission): void {
    const socket = new WebSocket(socketUrl(`${pathOf("guestDisplay", { guest })}?ticket=${ticket}`));
    // The gateway closes with its error's code; the viewer would not tell it.
    socket.addEventListener("close", ({ reason }) => {
      if (reason in catalogue) fail(new LodgeError(reason as ErrorCode, { guest, limit: "too many" }));
      else again();
    });
    const before = [...frame.childNodes];
    const next = new Viewer(frame, socket, {
      shared: true,
      drawn() {
        for (const node of before) node.remove();
        if (!closed) options.drawn?.();
      },
      ...(options.wish ? { wish: options.wish } : {}),
      ...(options.pictured ? { pictured: options.pictured } : {}),
      ...(options.sized ? { sized: options.sized } : {}),
    });
    next.viewOnly = viewOnly;
    next.scaleViewport = true;
    next.resizeSession = fits;
    next.showDotCursor = true;
    next.background = "transparent";
    if (quality !== undefined) next.qualityLevel = quality;
    // Its own choice is 2: of that a page of text takes twice the bytes, and QEMU milliseconds less.
    next.compressionLevel = 5;
    next.addEventListener("clipboard", ({ detail }) => options.copied(detail.text));
    next.addEventListener("connect", () => {
      pause = shortest;
      turned({ is: "live", viewOnly });
      next.focus();
    });
    viewer = next;
  }

  turned({ is: "opening" });
  void connect();
  return {
    press: (combination) => viewer && press(viewer, combination),
    type(text, layout, held) {
      const { strokes, missing } = strokesOf(text, layout, held);
      for (const stroke of strokes) if (viewer) press(viewer, stroke);
      return missing;
    },
    paste: (text) => viewer?.clipboardPasteFrom(text),
    fit(wanted) {
      fits = wanted;
      if (viewer) viewer.resizeSession = wanted;
    },
    wishAgain: () => viewer?.wishAgain(),
    sharpen(wanted) {
      quality = wanted;
      if (viewer) viewer.qualityLevel = wanted;
    },
    takePictures: () => viewer?.takePictures() ?? 0,
    viewer: () => viewer,
    focus: () => viewer?.focus(),
    close() {
      closed = true;
      clearTimeout(timer);
      viewer?.disconnect();
    },
  };
}
