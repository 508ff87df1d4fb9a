/**
 * A guest's display, for as long as somebody looks: a ticket, a WebSocket, a viewer on it; and all of them anew
 * when the connection was lost. The picture that was last there stays until another comes.
 *
 *   ticket ──► socket ──► viewer ──lost──► waiting (0.5 s, doubled up to 5 s) ──► ticket
 *      └── refused: there is no display, or one may not: over
 */
import RFB from "@novnc/novnc";
import { catalogue, LodgeError, type ErrorCode } from "#contract/errors";
import { call, errorOf, pathOf, socketUrl } from "../data/api.ts";
import { press, strokesOf, type Combination } from "./keys.ts";
import type { Layout } from "./layouts.ts";

export type DisplayState =
  | { readonly is: "opening" | "lost" }
  | { readonly is: "live"; readonly viewOnly: boolean }
  | { readonly is: "over"; readonly error: LodgeError };

export interface DisplayOptions {
  readonly guest: string;
  readonly frame: HTMLElement;
  /** Is the guest's screen to be as large as the frame? */
  readonly fits: boolean;
  turned(state: DisplayState): void;
  /** A text was copied in the guest. */
  copied(text: string): void;
}

export interface DisplayLine {
  press(combination: Combination): void;
  /** Types a text by the layout that the guest has; returns the characters that its keyboard has not. */
  type(text: string, layout: Layout): string;
  /** A text was copied here: the guest gets it when it is pasted there. */
  paste(text: string): void;
  fit(fits: boolean): void;
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
]);

export function openDisplay({ guest, frame, turned, copied, ...options }: DisplayOptions): DisplayLine {
  let viewer: RFB | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = shortest;
  let closed = false;
  let { fits } = options;

  function again(): void {
    if (closed) return;
    turned({ is: "lost" });
    timer = setTimeout(() => void connect(), pause);
    pause = Math.min(2 * pause, longest);
  }

  function fail(error: LodgeError): void {
    if (closed) return;
    if (final.has(error.code)) turned({ is: "over", error });
    else again();
  }

  async function connect(): Promise<void> {
    try {
      const { ticket, viewOnly } = await call("guestDisplayTicket", { params: { guest }, body: {} });
      if (!closed) watch(ticket, viewOnly);
    } catch (error) {
      fail(errorOf(error));
    }
  }

  function watch(ticket: string, viewOnly: boolean): void {
    const socket = new WebSocket(socketUrl(`${pathOf("guestDisplay", { guest })}?ticket=${ticket}`));
    // The gateway closes with its error's code; the viewer would not tell it.
    socket.addEventListener("close", ({ reason }) => {
      if (reason in catalogue) fail(new LodgeError(reason as ErrorCode, { guest, limit: "too many" }));
      else again();
    });
    const before = [...frame.childNodes];
    const next = new RFB(frame, socket, { shared: true });
    next.viewOnly = viewOnly;
    next.scaleViewport = true;
    next.resizeSession = fits;
    next.showDotCursor = true;
    next.background = "transparent";
    next.addEventListener("clipboard", ({ detail }) => copied(detail.text));
    next.addEventListener("connect", () => {
      for (const node of before) node.remove();
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
    type(text, layout) {
      const { strokes, missing } = strokesOf(text, layout);
      for (const stroke of strokes) if (viewer) press(viewer, stroke);
      return missing;
    },
    paste: (text) => viewer?.clipboardPasteFrom(text),
    fit(wanted) {
      fits = wanted;
      if (viewer) viewer.resizeSession = wanted;
    },
    focus: () => viewer?.focus(),
    close() {
      closed = true;
      clearTimeout(timer);
      viewer?.disconnect();
    },
  };
}
