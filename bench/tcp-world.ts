/** A guest that moves and is connected by TCP in each way that there is: whom it talks to, and who talks to it. */
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Cluster, Host } from "./cluster.ts";
import { checkout } from "./lodge.ts";
import { answered } from "./row.ts";

const memory = 160 * 2 ** 20;
const outsidePort = 7001;
const publishedPort = 8080;
/** Connections of each kind. */
export const each = 4;

/** In a guest: gives back what is said to it at port 90, to each by itself. */
const echo = [
  "perl",
  "-MSocket",
  "-e",
  'socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); bind(S, sockaddr_in(90, INADDR_ANY)) or die; listen(S, 50); $SIG{CHLD} = "IGNORE"; while (accept(C, S)) { if (fork) { close C; next } while (sysread(C, $b, 4096)) { syswrite(C, $b) } exit }',
];

/** In a guest: one connection that says a number every tenth of a second, and writes down what came back and its end. */
const talker = (name: string, address: string, port: number): string =>
  `(i=0; while :; do i=$((i+1)); echo $i; sleep 0.1; done | nc ${address} ${port} >/dev/shm/${name}; echo over >/dev/shm/${name}.over) >/dev/null 2>&1 &`;

const detached = (argv: readonly string[]): string =>
  `setsid ${argv.map((word) => `'${word}'`).join(" ")} </dev/null >/dev/null 2>&1 &`;

/** A connection from outside to a published port: what it says comes back, or it is over. */
class Caller {
  readonly #talk: ChildProcess;
  #heard = "";

  private constructor(host: Host, address: string) {
    const words = [process.execPath, join(checkout, "test/vm/net/talk.ts"), address, String(publishedPort)];
    this.#talk = host.namespace.spawn(words, { stdio: ["pipe", "pipe", "ignore"] });
    this.#talk.stdin!.on("error", () => undefined);
    this.#talk.stdout!.on("data", (bytes: Buffer) => (this.#heard += bytes.toString()));
  }

  /** One that is answered. @throws TypeError nobody answers */
  static async open(host: Host, address: string): Promise<Caller> {
    for (let tries = 0; tries < 5; tries++) {
      const caller = new Caller(host, address);
      if (await caller.holds("first")) return caller;
      caller.end();
    }
    throw new TypeError(`port ${publishedPort} of ${address} does not answer`);
  }

  /** Does what it says now come back? */
  async holds(word: string): Promise<boolean> {
    if (this.#talk.exitCode !== null) return false;
    this.#talk.stdin!.write(`${word}\n`);
    await answered(() => this.#heard.includes(`${word}\n`) || this.#talk.exitCode !== null);
    return this.#heard.includes(`${word}\n`);
  }

  end(): void {
    this.#talk.stdin!.end();
    this.#talk.kill();
  }
}

const counts = (text: string): Map<string, number> =>
  new Map(text.split("\n").map((line) => [line.split(" ")[0]!, Number(line.split(" ")[1])]));

/** The guest that moves, whom it talks to, and who talks to it. */
export class TcpWorld implements Disposable {
  readonly #sh: (script: string) => Promise<string>;
  readonly #callers: readonly Caller[];
  readonly #talkers: readonly string[];

  private constructor(
    sh: (script: string) => Promise<string>,
    callers: readonly Caller[],
    talkers: readonly string[],
  ) {
    this.#sh = sh;
    this.#callers = callers;
    this.#talkers = talkers;
  }

  static async make(cluster: Cluster): Promise<TcpWorld> {
    const [h1, , h3] = cluster.all as [Host, Host, Host];
    const serve = [process.execPath, join(checkout, "test/vm/net/talk.ts"), "serve", String(outsidePort)];
    await h3.namespace.detach(serve, { stdio: "ignore" });
    const sh = async (guest: string, script: string) => {
      const said = await cluster.inside(h1, guest, "sh", "-c", script);
      if (said.code !== 0) throw new TypeError(`${guest}: ${script}: ${said.output}`);
      return said.output.trim();
    };
    const publish = [{ protocol: "tcp" as const, hostPort: publishedPort, guestPort: 90 }];
    await cluster.run(h1, { image: "tiny", name: "mover", memory, wait: "address", publish });
    await cluster.run(h1, { image: "tiny", name: "peer", memory, wait: "address" });
    for (const guest of ["mover", "peer"]) await sh(guest, detached(echo));
    // A connection that is made before somebody listens is refused, and never comes back.
    for (const [from, address, port] of [
      ["mover", "127.0.0.1", 90],
      ["mover", "peer", 90],
      ["mover", h3.address, outsidePort],
    ] as const) {
      const ask = async () =>
        (await sh(from, `echo there | timeout 5 nc -w 2 ${address} ${port} || true`)).includes("there");
      if (!(await answered(ask))) throw new TypeError(`${from} does not hear ${address}:${port}`);
    }
    const talkers: string[] = [];
    const callers: Caller[] = [];
    try {
      for (let at = 0; at < each; at++) {
        await sh("mover", talker(`nat${at}`, h3.address, outsidePort));
        await sh("mover", talker(`overlay${at}`, "peer", 90));
        talkers.push(`nat${at}`, `overlay${at}`);
        callers.push(await Caller.open(h3, h1.address));
      }
    } catch (error) {
      for (const caller of callers) caller.end();
      throw error;
    }
    return new TcpWorld((script) => sh("mover", script), callers, talkers);
  }

  /** Which connections do not answer any more. */
  async lost(when: string): Promise<string[]> {
    const gone: string[] = [];
    for (const [at, caller] of this.#callers.entries())
      if (!(await caller.holds(`${when}.${at}`))) gone.push(`published${at}`);
    const sizes = "for i in /dev/shm/*[0-9]; do echo $(basename $i) $(wc -l <$i); done";
    const before = counts(await this.#sh(sizes));
    let still: string[] = [];
    await answered(async () => {
      const now = counts(await this.#sh(sizes));
      still = this.#talkers.filter((name) => !((now.get(name) ?? 0) > (before.get(name) ?? 0)));
      return still.length === 0;
    });
    return [...gone, ...still];
  }

  [Symbol.dispose](): void {
    for (const caller of this.#callers) caller.end();
  }
}
