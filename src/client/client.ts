/**
 * The client: every endpoint as one typed call, long work waited for, and streams. Used by the command
 * line, by one host calling another, and by anybody's scripts. What streams need is loaded with the first.
 */
import type { Duplex, Readable } from "node:stream";
import type { Operation } from "#contract/operation";
import { routes } from "#contract/routes";
import type { FeedFrame } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import type { ConsoleStart, ExecStart } from "#contract/stream";
import { nameOf, type Address } from "./address.ts";
import { asUsual, createCalls, fillPath, type CallOptions, type Calls, type Send } from "./request.ts";
import type { EventOptions, FollowOptions } from "./stream/events.ts";
import type { RemoteCommand } from "./stream/exec.ts";
import { send } from "./transport.ts";
import type { UploadOptions, UploadSource } from "./upload.ts";
import { waitFor, type WaitOptions } from "./wait.ts";

export interface Client extends Calls {
  /** Where the daemon is, in words. */
  readonly address: string;
  /** Waits for long work; see wait.ts. @throws LodgeError why it failed. */
  waitFor(operation: Operation, options?: WaitOptions): Promise<Operation>;
  /** Starts a command in a guest; resolves once it runs. */
  exec(guest: string, start: Omit<ExecStart, "type">, options?: CallOptions): Promise<RemoteCommand>;
  /** Opens a guest's serial console; resolves once it is open. */
  console(guest: string, start?: Omit<ConsoleStart, "type">, options?: CallOptions): Promise<Duplex>;
  /**
   * Connects to a TCP port inside a guest; resolves once it is connected. Each direction ends by itself. A ticket lets in
   * whoever has no role there.
   */
  port(guest: string, port: number, options?: CallOptions & { readonly ticket?: string }): Promise<Duplex>;
  /** Opens a guest's display by a ticket: the bytes of RFB 3.8. */
  display(guest: string, ticket: string): Promise<Duplex>;
  /** A file or folder of a guest as a tar archive. It fails where it was cut short. */
  fileOut(guest: string, path: string, options?: CallOptions): Promise<Readable>;
  /** Unpacks a tar archive in a guest; resolves once all of it is there. */
  fileIn(guest: string, path: string, content: Readable, options?: CallOptions): Promise<void>;
  /** Sends a file, which then can be made an image by `uploadImport`; see upload.ts. */
  upload(source: UploadSource, options?: UploadOptions): Promise<Schemas["Upload"]>;
  /** Events after the given one or from now on, over a daemon's restart too. Ends with the signal. */
  events(options?: EventOptions): AsyncGenerator<Schemas["Event"], void>;
  /**
   * What happens and what changes, as frames (contract/schema/feed.ts), over a daemon's restart too. After a
   * frame "reset" what is known has to be loaded anew. Ends with the signal.
   */
  follow(options?: FollowOptions): AsyncGenerator<FeedFrame, void>;
}

export interface ClientOptions {
  /** The project that calls are about which name none; undefined: the default one, and of lists all. */
  readonly project?: string | undefined;
  /** The host of the cluster that is to answer, by its name; undefined: whichever is asked, for all of them. */
  readonly host?: string | undefined;
  /** Why, of calls that reach into somebody's desktop or copy it: an admin's alone. */
  readonly reason?: string | undefined;
}

export function createClient(address: Address, { project, host, reason }: ClientOptions = {}): Client {
  const usual = { project: () => project, reason };
  const toHost = host === undefined ? {} : { "lodge-host": host };
  const carry: Send = (request) => send(address, { ...request, headers: { ...toHost, ...request.headers } });
  const calls = createCalls(carry, nameOf(address), usual);
  type Streamed = "guestExec" | "guestConsole" | "guestFile" | "guestPort" | "guestDisplay";
  const pathOf = (name: Streamed, guest: string, query: Record<string, string | number> = {}): string =>
    fillPath(routes[name], asUsual(routes[name], { params: { guest }, query }, usual));
  const client: Client = {
    address: nameOf(address),
    ...calls,
    waitFor: (operation, options) => waitFor(calls.call, operation, options),
    async exec(guest, start, options = {}) {
      const { exec } = await import("./stream/exec.ts");
      return exec(address, pathOf("guestExec", guest), { type: "exec", ...start }, options.signal);
    },
    async console(guest, start = {}, options = {}) {
      const { openConsole } = await import("./stream/console.ts");
      const path = pathOf("guestConsole", guest);
      return openConsole(address, path, { type: "console", ...start }, options.signal);
    },
    async port(guest, port, options = {}) {
      const { openPort } = await import("./stream/port.ts");
      const { ticket, signal } = options;
      const query = { port, ...(ticket === undefined ? {} : { ticket }) };
      return openPort(address, pathOf("guestPort", guest, query), signal);
    },
    async display(guest, ticket) {
      const { openDisplay } = await import("./stream/display.ts");
      return openDisplay(address, pathOf("guestDisplay", guest, { ticket }), guest);
    },
    async fileOut(guest, path, options = {}) {
      const { fileOut } = await import("./stream/file.ts");
      return fileOut(address, pathOf("guestFile", guest), path, options.signal);
    },
    async fileIn(guest, path, content, options = {}) {
      const { fileIn } = await import("./stream/file.ts");
      return fileIn(address, pathOf("guestFile", guest), path, content, options.signal);
    },
    async upload(source, options) {
      const { sendFile } = await import("./upload.ts");
      return sendFile(calls.call, carry, source, options);
    },
    async *events(options = {}) {
      for await (const frame of client.follow({ ...options, kinds: ["event"] }))
        if (frame.type === "event") yield frame.event;
    },
    async *follow(options = {}) {
      const { follow } = await import("./stream/events.ts");
      yield* follow(address, { project, ...options });
    },
  };
  return client;
}
