/**
 * The guest's agent, the real one, as a process of this host behind a unix socket: what it does to files of
 * an identity it does below a folder of its own, and it leaves this host's kernel alone.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { AgentClient, type AgentOptions } from "../../src/hypervisor/agent/client.ts";

const script = join(import.meta.dirname, "../../agent/lodge-agent");

export class AgentProcess {
  readonly folder: string;
  /** The agent's socket. */
  readonly path: string;
  /** Where an identity's files go. */
  readonly root: string;
  readonly #clients: AgentClient[] = [];
  #process: ChildProcess | undefined;

  private constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, "agent");
    this.root = join(folder, "root");
  }

  /** Starts an agent that ends with the test. */
  static async start(t: TestContext): Promise<AgentProcess> {
    const agent = new AgentProcess(await mkdtemp(join(tmpdir(), "lodge-agent-")));
    t.after(async () => {
      for (const client of agent.#clients) client.close();
      await agent.stop();
      await rm(agent.folder, { recursive: true });
    });
    await mkdir(join(agent.root, "etc"), { recursive: true });
    agent.run();
    return agent;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  run(): void {
    const args = [script, "--socket", this.path, "--root", this.root, "--no-kernel-changes"];
    this.#process = spawn("perl", args, { stdio: ["ignore", "ignore", "inherit"] });
  }

  async stop(): Promise<void> {
    const gone = this.#process;
    this.#process = undefined;
    if (!gone || gone.exitCode !== null || gone.signalCode !== null) return;
    const exit = once(gone, "exit");
    gone.kill("SIGKILL");
    await exit;
  }

  /** A client that is closed with the test. */
  client(options: Partial<AgentOptions> = {}): AgentClient {
    const client = new AgentClient({ path: this.path, guest: "test", ...options });
    this.#clients.push(client);
    return client;
  }
}

/** A way to a socket that breaks: every connection after a number of bytes, in either direction. */
export class BreakingWay {
  readonly path: string;
  /** How often it has broken. */
  breaks = 0;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  /** @param lives how many bytes the next connection carries; Infinity for one that stays. */
  constructor(t: TestContext, path: string, target: string, lives: () => number) {
    this.path = path;
    this.#server = createServer((near) => {
      const far = connect(target);
      let left = lives();
      const pass = (from: Socket, to: Socket) => {
        from.on("data", (bytes: Buffer) => {
          // What lies beyond the break is lost, be it in the middle of a frame.
          to.write(bytes.subarray(0, left));
          left -= bytes.length;
          if (left > 0 || from.destroyed) return;
          this.breaks++;
          near.destroy();
          far.destroySoon();
        });
        from.on("close", () => to.destroySoon());
        from.on("error", () => undefined);
        this.#open.add(from);
      };
      pass(near, far);
      pass(far, near);
    });
    this.#server.listen(path);
    t.after(() => this.close());
  }

  /** Nobody listens any more. */
  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }
}
