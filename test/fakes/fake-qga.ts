/**
 * QEMU's guest agent as a peer on a socket: the real one's protocol and its ways (a sentinel before a sync's
 * answer, an environment that is replaced, output that is kept until it is asked for), on this host. It runs
 * the commands and opens the files that it is told to, and a test may answer in its place.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { constants, hostname, release, tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { QgaClient, type QgaOptions } from "../../src/hypervisor/agent/qga.ts";

export interface QgaCall {
  readonly execute: string;
  readonly arguments: Record<string, any>;
}

interface Running {
  readonly child: ChildProcess;
  readonly out: Buffer[];
  readonly err: Buffer[];
  exit?: object;
}

/** What is answered: an object, bytes as they are, or nothing at all. Undefined leaves it to the fake. */
type Script = (call: QgaCall) => object | Buffer | "silence" | undefined;

export class FakeQga {
  readonly path: string;
  readonly calls: QgaCall[] = [];
  script: Script = () => undefined;
  /** What is in the line before anybody asks, as if an earlier host had gone away in the middle of an answer. */
  stale = "";
  /** What it waits for before it answers. */
  delay: Promise<void> = Promise.resolve();
  readonly #folder: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #clients: QgaClient[] = [];
  readonly #running = new Map<number, Running>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, "qga");
    this.#server = createServer((socket) => this.#serve(socket)).listen(this.path);
  }

  /** One that ends with the test, with the commands it has started. */
  static async start(t: TestContext): Promise<FakeQga> {
    const fake = new FakeQga(await mkdtemp(join(tmpdir(), "lodge-qga-")));
    t.after(async () => {
      for (const client of fake.#clients) client.close();
      for (const socket of fake.#open) socket.destroy();
      for (const { child } of fake.#running.values()) child.kill("SIGKILL");
      fake.#server.close();
      await rm(fake.#folder, { recursive: true });
    });
    return fake;
  }

  client(options: Pick<QgaOptions, "clock"> = {}): QgaClient {
    const client = new QgaClient({ path: this.path, guest: "test", ...options });
    this.#clients.push(client);
    return client;
  }

  /** The processes that it has not been asked the end of. */
  get remembered(): number[] {
    return [...this.#running.keys()];
  }

  #serve(socket: Socket): void {
    this.#open.add(socket);
    let text = "";
    let queue = Promise.resolve();
    socket.write(this.stale);
    socket.on("data", (bytes: Buffer) => {
      // A sentinel ends whatever was begun.
      const lines = (text + bytes.toString("latin1")).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        queue = queue.then(async () => {
          await this.delay;
          const answer = await this.#answer(
            JSON.parse(Buffer.from(line.replace(/^[^]*\xff/, ""), "latin1").toString()),
          );
          if (answer !== "silence")
            socket.write(Buffer.isBuffer(answer) ? answer : `${JSON.stringify(answer)}\n`);
        });
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => this.#open.delete(socket));
  }

  async #answer(call: QgaCall): Promise<object | Buffer | "silence"> {
    if (call.execute !== "guest-sync-delimited") this.calls.push(call);
    const scripted = this.script(call);
    if (scripted !== undefined) return scripted;
    if (call.execute === "guest-shutdown") return "silence";
    if (call.execute === "guest-sync-delimited")
      return Buffer.concat([Buffer.of(0xff), Buffer.from(`{"return": ${call.arguments["id"]}}\n`)]);
    const command = this.#commands[call.execute];
    if (!command) return { error: { class: "CommandNotFound", desc: `${call.execute} has not been found` } };
    try {
      return { return: (await command(call.arguments)) ?? {} };
    } catch (error) {
      return { error: { class: "GenericError", desc: (error as Error).message } };
    }
  }

  readonly #commands: Readonly<Record<string, (given: Record<string, any>) => unknown>> = {
    "guest-exec": (given) => this.#start(given),
    "guest-exec-status": ({ pid }) => this.#status(pid),
    "guest-file-open": ({ path, mode }) => openSync(path, mode),
    "guest-file-close": ({ handle }) => closeSync(handle),
    "guest-file-read": ({ handle, count }) => {
      const bytes = Buffer.alloc(count);
      const read = readSync(handle, bytes);
      return { count: read, "buf-b64": bytes.toString("base64", 0, read), eof: read < count };
    },
    "guest-file-write": ({ handle, "buf-b64": text }) => ({
      count: writeSync(handle, Buffer.from(text, "base64")),
      eof: false,
    }),
    "guest-get-host-name": () => ({ "host-name": hostname() }),
    "guest-get-osinfo": () => ({ "kernel-release": release(), "pretty-name": "Test" }),
    "guest-network-get-interfaces": () => [
      { name: "lo", "ip-addresses": [{ "ip-address": "127.0.0.1", prefix: 8 }] },
      { name: "eth0", "hardware-address": "52:54:00:00:00:01" },
    ],
  };

  #start({ path, arg, env, "input-data": input }: Record<string, any>): Promise<{ pid: number }> {
    const variables = (env as string[] | undefined)?.map((pair) => pair.split(/=(.*)/s).slice(0, 2));
    const child = spawn(path, arg, { env: variables ? Object.fromEntries(variables) : process.env });
    const running: Running = { child, out: [], err: [] };
    child.stdout.on("data", (bytes) => running.out.push(bytes));
    child.stderr.on("data", (bytes) => running.err.push(bytes));
    child.stdin.on("error", () => undefined);
    child.stdin.end(Buffer.from(input ?? "", "base64"));
    child.on("close", (code, signal) => {
      running.exit = signal ? { signal: constants.signals[signal] } : { exitcode: code };
    });
    return new Promise((resolve, reject) => {
      child.on("spawn", () => {
        this.#running.set(child.pid!, running);
        resolve({ pid: child.pid! });
      });
      child.on("error", () => {
        const why = `Failed to execute child process “${path}” (No such file or directory)`;
        reject(new Error(`Guest agent command failed, error was '${why}'`));
      });
    });
  }

  #status(pid: number): object {
    const running = this.#running.get(pid);
    if (!running) throw new Error("Invalid parameter 'pid'");
    if (!running.exit) return { exited: false };
    this.#running.delete(pid);
    const data = (parts: Buffer[], key: string) =>
      parts.length > 0 ? { [key]: Buffer.concat(parts).toString("base64") } : {};
    return {
      exited: true,
      ...running.exit,
      ...data(running.out, "out-data"),
      ...data(running.err, "err-data"),
    };
  }
}
