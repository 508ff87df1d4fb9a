/**
 * A cluster of the benchmarks' own: hosts that are namespaces of this machine (test/cluster/hosts), made into one as it is
 * typed, with an etcd of Lodge's own. They have the tiny image, and the benchmarks' Debian once a row asks for it.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "#base/home";
import type { Schemas } from "#contract/schemas";
import type { Guest } from "#contract/schema/guest";
import type { Host, Printed } from "../test/cluster/hosts/host.ts";
import { Hosts } from "../test/cluster/hosts/hosts.ts";
import { image, type Lodge, type Said } from "./lodge.ts";
import { rest } from "./row.ts";

export type { Host };

const open = new Set<Cluster>();

let shared: Promise<Cluster> | undefined;

/** Ends what rows have left, or an interrupted one. */
export const removeClusters = async (): Promise<void> => {
  shared = undefined;
  for (const cluster of open) await cluster.close();
};

/** One of two hosts for all rows of a run that leave it as they found it, with the benchmarks' Debian. Closed at the end. */
export function sharedCluster(lodge: Lodge, say: (line: string) => void): Promise<Cluster> {
  shared ??= (async () => {
    say("Making a cluster of two hosts, and a template there");
    const cluster = await Cluster.start(2);
    await cluster.debian(lodge);
    return cluster;
  })();
  return shared;
}

export class Cluster implements AsyncDisposable {
  readonly hosts: Hosts;
  #closing: Promise<void> | undefined;

  private constructor(hosts: Hosts) {
    this.hosts = hosts;
    open.add(this);
  }

  /** So many hosts, h1, h2 …, that trust what lies between them. Whoever makes it closes it. */
  static async start(count: number): Promise<Cluster> {
    const cluster = new Cluster(await Hosts.start(count));
    try {
      const [first, ...others] = cluster.all;
      await cluster.typed(first!, "cluster", "init");
      for (const host of others) {
        const line = await cluster.typed(first!, "cluster", "token");
        await cluster.typed(host, ...line.trim().split(" ").slice(1));
      }
      await cluster.typed(first!, "network", "underlay", "trusted");
      if (count >= 3) await cluster.until("three hosts keep the state", () => cluster.isWell(first!));
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get all(): readonly Host[] {
    return this.hosts.all;
  }

  /** Do all hosts answer, as this one knows, and does the state outlive the loss of one? */
  async isWell({ client }: Host): Promise<boolean> {
    const { state, voters } = await client.call("clusterGet");
    return state === "well" && voters >= 3;
  }

  /** Waits for what is to come by itself. @throws TypeError it did not */
  async until(what: string, is: () => Promise<boolean>, patience = 60_000): Promise<void> {
    for (const end = performance.now() + patience; ; await rest(250)) {
      if (await is()) return;
      if (performance.now() > end) throw new TypeError(`not within ${patience / 1000} s: ${what}`);
    }
  }

  /** Types `lodge WORDS` on a host. @throws TypeError what it printed, where it fails */
  async typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr }: Printed = await host.lodge(words);
    if (code !== 0) throw new TypeError(`${host.name}: lodge ${words.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Resolves once the first host forks the benchmarks' Debian. */
  async debian(lodge: Lodge): Promise<void> {
    const { client } = this.all[0]!;
    await this.debianImage(lodge);
    if ((await client.call("templateList")).some(({ imageName }) => imageName === image)) return;
    await client.waitFor(await client.call("templateBuild", { body: { image } }));
  }

  /** Resolves once the first host has the benchmarks' Debian, which is the file that the Lodge has. */
  async debianImage(lodge: Lodge): Promise<void> {
    const { client } = this.all[0]!;
    if ((await client.call("imageList")).some(({ name }) => name === image)) return;
    const { id } = await lodge.client.call("imageGet", { params: { image } });
    const folder = join(lodge.paths.images, id);
    const file = readdirSync(folder).find((name) => name.startsWith("disk"));
    const path = join(folder, file ?? "disk");
    const body = { path, name: image, agent: "lodge" } as const;
    await client.waitFor(await client.call("imageImport", { body }));
  }

  /** A new guest on a host; resolves once it is what `body` waits for. */
  async run(host: Host, body: Schemas["GuestCreate"]): Promise<Guest> {
    const begun = await host.client.call("guestCreate", { body }, { host: host.name });
    return ((await host.client.waitFor(begun)).result as { guest: Guest }).guest;
  }

  /** Runs a command in a guest to its end, asked of a host. */
  async inside(host: Host, guest: string, ...argv: string[]): Promise<Said> {
    const command = await host.client.exec(guest, { argv });
    let output = "";
    command.stdout.on("data", (bytes: Buffer) => (output += bytes.toString()));
    command.stderr.resume();
    command.stdin.end();
    const { code } = await command.exit;
    return { code, output };
  }

  async remove(host: Host, guest: string): Promise<void> {
    const begun = await host.client.call("guestDelete", { params: { guest }, query: { force: true } });
    await host.client.waitFor(begun);
  }

  /** A daemon's socket, as this process sees it. */
  socket(host: Host): string {
    return host.namespace.outside(homePaths(host.home).socket);
  }

  /** Where a guest's serial console is written on a host, as this process sees it. */
  serialLog(host: Host, guest: Pick<Guest, "id">): string {
    return host.namespace.outside(join(homePaths(host.home).guests, guest.id, "serial.log"));
  }

  /** Ends all of it. Idempotent; may come in the middle of anything. */
  close(): Promise<void> {
    this.#closing ??= this.hosts.end().finally(() => open.delete(this));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
