/**
 * A stream as server-sent events (the HTML standard, 9.2), for whoever can open no WebSocket. Each frame is a
 * "data" line with its place as the event's id, which a browser gives back as Last-Event-ID.
 */
import type { ServerResponse } from "node:http";
import { once } from "node:events";
import { LodgeError, type Problem } from "#contract/errors";
import type { Outlet, OutletFrame } from "./outlet.ts";

/** Milliseconds between comments that keep proxies from closing a quiet connection, and find a dead peer. */
const every = 20_000;

export class ServerSentEvents implements Outlet {
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** `stopping` is aborted when the daemon stops. */
  constructor(response: ServerResponse, headers: Record<string, string>, stopping: AbortSignal) {
    this.#response = response;
    const stop = () => this.#leave(stopping.reason);
    response.on("error", () => undefined);
    const leave = () => {
      stopping.removeEventListener("abort", stop);
      this.#leave(new LodgeError("api.client_gone"));
    };
    response.once("close", leave);
    stopping.addEventListener("abort", stop, { once: true });
    this.#timer = setInterval(() => response.write(":\n\n"), every);
    // A proxy that gathers what it passes on would hold each event back (nginx's X-Accel-Buffering).
    response.writeHead(200, {
      ...headers,
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
    if (stopping.aborted) stop();
    // He may have gone while it was looked up who he is.
    if (response.closed) leave();
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  async sendTexts(frames: readonly OutletFrame[]): Promise<void> {
    const text = frames.map(({ at, json }) => `id: ${at}\ndata: ${json}\n\n`).join("");
    if (this.#response.write(text)) return;
    await once(this.#response, "drain", { signal: this.gone }).catch((error: unknown) => {
      throw this.gone.aborted ? this.gone.reason : error;
    });
  }

  async finish(): Promise<void> {
    this.#end();
  }

  /** Ends it although neither side was done: whoever reads may not any more. */
  cut(reason: LodgeError): void {
    this.fail(reason.toProblem());
    this.#leave(reason);
  }

  fail(problem: Problem): void {
    if (!this.gone.aborted) this.#response.write(`event: problem\ndata: ${JSON.stringify(problem)}\n\n`);
    this.#end();
  }

  #leave(reason: unknown): void {
    this.#gone.abort(reason);
    this.#end();
  }

  #end(): void {
    clearInterval(this.#timer);
    if (!this.#response.writableEnded) this.#response.end();
  }
}
