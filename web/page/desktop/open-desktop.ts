/**
 * One's own desktop, for as long as the page is open: who asks for it, its display, and the line beside that.
 *
 *   opening ── connect ──► a ticket ──► display ──► live ◄──► lost (the display tries again by itself)
 *      └── being prepared ──► asked again              └── told that it ended, or it is another one by now ──► ended
 *
 * A desktop that ended, or is lost with its host, is never asked for again by itself: that would make a new one.
 */
import type { DesktopConnect, DesktopConnection } from "#contract/schema/desktop";
import type { DesktopPolicy } from "#contract/schema/desktop-pool";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import { hasCode, type ErrorCode, type LodgeError } from "#contract/errors";
import {
  openDisplay,
  type Admission,
  type DisplayLine,
  type DisplayOptions,
} from "../../console/display-line.ts";
import { call, errorOf, pathOf, socketUrl } from "../../data/api.ts";
import { openLine, type SpokenLine } from "../../data/line.ts";
import { Measure } from "./measure.ts";

export type EndReason = Extract<DesktopLineFromServer, { type: "ended" }>["why"];

export type OpenState =
  | { readonly is: "opening" | "preparing" | "live" }
  | { readonly is: "lost"; readonly why?: ErrorCode }
  | { readonly is: "ended"; readonly why: EndReason | undefined }
  | { readonly is: "over"; readonly error: LodgeError };

export interface OpenOptions extends Pick<
  DisplayOptions,
  "frame" | "copied" | "wish" | "quality" | "pictured" | "sized"
> {
  /** Whose desktop: the pool's name. */
  readonly pool: string;
  /** false: whoever has it open elsewhere goes on watching. */
  readonly takeOver: boolean;
  turned(state: OpenState): void;
  /** What may be done with it. */
  allowed(policy: DesktopPolicy): void;
  /** What the line says and, before that, whoever gave the desktop. */
  told(frame: DesktopLineFromServer): void;
  /** The desktop's own whole picture is there. */
  drawn(): void;
}

export interface OpenDesktop {
  readonly display: DisplayLine;
  /** Which desktop it is, once that is known. */
  id(): string | undefined;
  /** Another ticket: for sound, for files. */
  another(): Promise<{ readonly guest: string; readonly ticket: string }>;
  answer(id: string, yes: boolean): void;
  /** Whoever is warned is still there. */
  present(): void;
  /** Nobody is to look on any more. */
  endShadow(): void;
  close(): void;
}

/** Seconds that an answer may take, at first and then; and milliseconds. */
const patience = { tells: 2, waits: 20, asksAgain: 2_000, saysWhy: 500 } as const;
const gone = Symbol("the desktop that was open is not there any more");

export function openDesktop(options: OpenOptions): OpenDesktop {
  const { pool, turned } = options;
  let line: SpokenLine | undefined;
  let id: string | undefined;
  let guest = "";
  let shares = true;
  let over = false;

  function end(why: EndReason | undefined): void {
    if (over) return;
    turned({ is: "ended", why });
    close();
  }

  function told(frame: DesktopLineFromServer): void {
    options.told(frame);
    if (frame.type === "ended") end(frame.why);
  }

  /** Beside the picture and never before it. */
  function listen(desktop: string): void {
    line ??= openLine({
      url: () => socketUrl(pathOf("desktopLine", { desktop })),
      begins: "desktop",
      receive: (frame) => told(frame as DesktopLineFromServer),
      turned: () => undefined,
    });
  }

  async function connect(takeOver: boolean): Promise<DesktopConnection> {
    // Whoever has to wait longer than this is told that he does.
    let wait: number = patience.tells;
    for (;;) {
      const connection = await ask({ takeOver, wait });
      if (over) throw gone;
      if (connection?.ticket !== undefined) return connection;
      turned({ is: "preparing" });
      wait = patience.waits;
      // Others' are made before it.
      if (!connection) await new Promise((resolve) => setTimeout(resolve, patience.asksAgain));
    }
  }

  /** Undefined: not even its making has begun. */
  async function ask(body: DesktopConnect): Promise<DesktopConnection | undefined> {
    try {
      const connection = await call("myDesktopConnect", { params: { offer: pool }, body });
      shares = connection.policy.share !== false;
      options.allowed(connection.policy);
      return connection;
    } catch (error) {
      if (hasCode(errorOf(error), "desktop.not_ready")) return undefined;
      throw error;
    }
  }

  /** Why not, where another would be made. */
  async function whatBecameOfIt(): Promise<"there" | EndReason | undefined> {
    const offers = await call("myDesktopList");
    const own = offers.find(({ desktop }) => desktop === id);
    return own?.state === "lost" && own.keeps !== "guest" ? "lost" : own && "there";
  }

  async function admit(): Promise<Admission> {
    const comesBack = id !== undefined;
    const became = comesBack ? await whatBecameOfIt() : "there";
    if (became !== "there") {
      end(became);
      throw gone;
    }
    // Whoever comes back after the network was away takes nothing over from those who share it.
    const { desktop, ticket = "" } = await connect(comesBack ? !shares : options.takeOver);
    told({ type: "desktop", desktop });
    id = desktop.id;
    guest = desktop.guest ?? "";
    return { guest, ticket, viewOnly: false };
  }

  /** The display was closed for good. */
  function closed(error: LodgeError): void {
    switch (error.code) {
      case "desktop.taken_over":
        return end("taken-over");
      case "desktop.idle":
        return end("idle");
      case "desktop.ended":
        // The line says why, in a moment.
        setTimeout(() => end(undefined), patience.saysWhy);
        return;
      default:
        turned({ is: "over", error });
        close();
    }
  }

  const display = openDisplay({
    ...options,
    fits: true,
    admit,
    turned(state) {
      if (over) return;
      if (state.is === "live") {
        if (id !== undefined) listen(id);
        turned({ is: "live" });
      } else if (state.is === "over") closed(state.error);
      else turned(state);
    },
  });
  const measure = new Measure({
    pictures: () => display.takePictures(),
    tell: (measured) => line?.send({ type: "measured", ...measured }),
  });

  function close(): void {
    over = true;
    measure.stop();
    line?.close();
    display.close();
  }

  return {
    display,
    id: () => id,
    async another() {
      const { ticket } = await call("desktopTicket", { params: { desktop: id ?? "" } });
      return { guest, ticket };
    },
    answer: (asked, yes) => line?.send({ type: "shadow-answered", id: asked, yes }),
    present: () => line?.send({ type: "present" }),
    endShadow: () => line?.send({ type: "end-shadow" }),
    close,
  };
}
