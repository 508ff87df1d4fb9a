/** Who is connected to a guest that moves fifty times: by TCP in each way that there is, at its console, at its display. */
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { Cluster, type Host } from "../cluster.ts";
import { DisplayViewer } from "../display-viewer.ts";
import type { Figure } from "../figures.ts";
import { checkout } from "../lodge.ts";
import { rest, timed, type Row } from "../row.ts";

const memory = 160 * 2 ** 20;
const outsidePort = 7001;
const publishedPort = 8080;
const each = 4;

/** In a guest: gives back what is said to it at port 90, to each by itself. */
const echo = [
  "perl",
  "-MSocket",
  "-e",
  'socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); bind(S, sockaddr_in(90, INADDR_ANY)) or die; listen(S, 50); $SIG{CHLD} = "IGNORE"; while (accept(C, S)) { next if fork; while (sysread(C, $b, 4096)) { syswrite(C, $b) } exit }',
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

  constructor(host: Host, address: string) {
    const words = [process.execPath, join(checkout, "test/vm/net/talk.ts"), address, String(publishedPort)];
    this.#talk = host.namespace.spawn(words, { stdio: ["pipe", "pipe", "ignore"] });
    this.#talk.stdout!.on("data", (bytes: Buffer) => (this.#heard += bytes.toString()));
  }

  /** Does what it says now come back? */
  async holds(word: string): Promise<boolean> {
    this.#talk.stdin!.write(`${word}\n`);
    return until(() => this.#heard.includes(`${word}\n`));
  }

  end(): void {
    this.#talk.stdin!.end();
    this.#talk.kill();
  }
}

async function until(is: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (await is()) return true;
    await rest(100);
  }
  return false;
}

export const moveTcp: Row = {
  name: "move-tcp",
  title: "What is connected to a guest that moves 50 times",
  bare: true,
  async measure(_lodge, extent, say) {
    const moves = extent.quick ? 4 : 50;
    say("Making a cluster of three hosts");
    await using cluster = await Cluster.start(3);
    const [h1, h2, h3] = cluster.all as [Host, Host, Host];
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
    const found = async () =>
      (await cluster.inside(h1, "mover", "ping", "-c", "1", "-W", "2", "peer")).code === 0;
    if (!(await until(found))) throw new TypeError("the guests do not find each other");
    const names = Array.from({ length: each }, (_, at) => [`nat${at}`, `overlay${at}`] as const);
    for (const [nat, overlay] of names) {
      await sh("mover", talker(nat, h3.address, outsidePort));
      await sh("mover", talker(overlay, "peer", 90));
    }
    const callers = names.map(() => new Caller(h3, h1.address));
    let heard = "";
    let over = 0;
    const console = await h1.client.console("mover");
    console.on("data", (bytes: Buffer) => (heard += bytes.toString())).on("close", () => over++);
    // That it is lost is counted by its end.
    console.on("error", () => undefined);
    const asked = { params: { guest: "mover" }, body: {} };
    const { ticket } = await h1.client.call("guestDisplayTicket", asked);
    const display = `/v1/guests/mover/display?ticket=${ticket}`;
    const viewer = await DisplayViewer.open(cluster.socket(h1), display);
    const command = await h1.client.exec("mover", { argv: ["cat"] });
    for (const stream of [command.stdin, command.stdout, command.stderr]) stream.on("error", () => undefined);
    command.stderr.resume();
    let echoed = "";
    command.stdout.on("data", (bytes: Buffer) => (echoed += bytes.toString()));
    command.exit.then(
      () => over++,
      () => over++,
    );

    /** Ends with what does not answer any more. */
    const lost = async (when: string): Promise<string[]> => {
      const gone: string[] = [];
      for (const [at, caller] of callers.entries())
        if (!(await caller.holds(`${when}.${at}`))) gone.push(`published${at}`);
      const size = "for i in /dev/shm/*[0-9]; do echo $(basename $i) $(wc -l <$i); done";
      const before = counts(await sh("mover", size));
      const grown = async () => {
        const now = counts(await sh("mover", size));
        return names.flat().filter((name) => !((now.get(name) ?? 0) > (before.get(name) ?? 0)));
      };
      let still: string[] = [];
      await until(async () => (still = await grown()).length === 0);
      gone.push(...still);
      console.write(`echo ${when}-console\n`);
      if (!(await until(() => heard.split(`${when}-console`).length > 2))) gone.push("console");
      command.stdin.write(`${when}-exec\n`);
      if (!(await until(() => echoed.includes(`${when}-exec`)))) gone.push("exec");
      if (!viewer.isOpen || viewer.frames === 0) gone.push("display");
      return gone;
    };
    const first = await lost("before");
    if (first.length > 0) throw new TypeError(`not even before the first move: ${first.join(", ")}`);
    const times: number[] = [];
    const gone = new Set<string>();
    for (let i = 0; i < moves; i++) {
      const to = i % 2 === 0 ? h2 : h1;
      times.push(await timed(() => cluster.typed(h1, "move", "mover", "--to", to.name)));
      if (i % 10 === 9 || i === moves - 1) for (const name of await lost(`after${i + 1}`)) gone.add(name);
      say(
        `${i + 1} of ${moves}: ${times.at(-1)!.toFixed(0)} ms, lost so far: ${[...gone].join(", ") || "none"}`,
      );
    }
    for (const caller of callers) caller.end();
    viewer.close();
    const viewers = ["console", "display", "exec"];
    const figures: Figure[] = [
      {
        what: `TCP connections that are lost, of ${3 * each}`,
        who: "Lodge",
        unit: "count",
        samples: [[...gone].filter((name) => !viewers.includes(name)).length],
        bars: [{ of: "most", atMost: 0 }],
      },
      {
        what: "viewers and commands that are disconnected, of 3",
        who: "Lodge",
        unit: "count",
        samples: [Math.max(over, [...gone].filter((name) => viewers.includes(name)).length)],
        bars: [{ of: "most", atMost: 0 }],
      },
      { what: "a move", who: "Lodge", unit: "s", samples: times.map((time) => time / 1000), bars: [] },
    ];
    return {
      figures,
      notes: [
        `${moves} moves between two hosts of three. ${each} connections each: from the guest through its host's NAT to a server on the third, from the third to a port that the guest publishes at the first, and from the guest over the overlay to another that stays. Each says something all the time, or after every tenth move, and has to hear it again.`,
        "The viewers are the serial console, the display and a command's streams, all asked of the first host, wherever the guest is.",
        "The guest is the tests' own, with 160 MiB.",
      ],
    };
  },
};

const counts = (text: string): Map<string, number> =>
  new Map(text.split("\n").map((line) => [line.split(" ")[0]!, Number(line.split(" ")[1])]));
