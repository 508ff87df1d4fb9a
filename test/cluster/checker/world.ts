/**
 * The hosts of a run: one that stands alone, or a cluster with an etcd on each host, a folder that all of them have as a file
 * server's, and a power switch that switches one off for another. What is off comes on again by itself, as a board would see to.
 *
 * etcd is the user's own here, kept running by nobody but whoever brings the host up.
 */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import type { Host } from "../hosts/host.ts";
import { makeMembers } from "../hosts/formed.ts";
import { Hosts } from "../hosts/hosts.ts";
import { writeInitrd } from "./image.ts";

/** The pool that all hosts have. */
export const sharedPool = "team";

/** A host is switched off by who creates FOLDER/power/HOST.off, and off once that is HOST.done. */
const powerOff = `#!/bin/sh
ask=$(dirname "$0")/$1
: >"$ask.off"
while [ ! -e "$ask.done" ]; do sleep 0.1; done
rm "$ask.done"
`;

export class World {
  readonly hosts: Hosts;
  readonly #queues = new Map<Host, Promise<unknown>>();
  #watch: NodeJS.Timeout | undefined;
  readonly #pending = new Set<Promise<void>>();

  private constructor(hosts: Hosts) {
    this.hosts = hosts;
  }

  static async make(count: number): Promise<World> {
    const hosts = await Hosts.start(count, { initrd: writeInitrd, bare: true });
    const world = new World(hosts);
    try {
      if (world.isCluster) await world.#form();
      await Promise.all(hosts.all.map((host) => host.startDaemon()));
      if (world.isCluster) await world.#share();
      return world;
    } catch (error) {
      await hosts.end();
      throw error;
    }
  }

  get isCluster(): boolean {
    return this.hosts.all.length > 1;
  }

  get shared(): string {
    return join(this.hosts.folder, "shared");
  }

  get #power(): string {
    return join(this.hosts.folder, "power");
  }

  /** Switches a host off; off it may be already. */
  down(host: Host): Promise<void> {
    return this.#inTurn(host, () => host.crash());
  }

  /** Switches a host on, and starts what does not run of what runs on it. */
  up(host: Host): Promise<void> {
    return this.#inTurn(host, async () => {
      const wasOff = !host.isOn;
      if (wasOff) await host.boot();
      if (this.isCluster) await this.#startEtcd(host, wasOff);
      // One whose guests are taken over as it starts ends, and is started again by whoever looks after it.
      const started = () => (host.daemon === undefined ? host.startDaemon() : host.answers());
      await retry(started, { clock: systemClock, first: 500, longest: 2000, timeout: 120_000 });
    });
  }

  /** No host is switched off for another any more; resolves when all are on. */
  async rest(): Promise<void> {
    clearInterval(this.#watch);
    await Promise.all(this.#pending);
    for (const host of this.hosts.all) await this.up(host);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    await Promise.allSettled(this.#pending);
    await this.hosts[Symbol.asyncDispose]();
  }

  async #inTurn(host: Host, work: () => Promise<void>): Promise<void> {
    const turn = (this.#queues.get(host) ?? Promise.resolve()).catch(() => undefined).then(work);
    this.#queues.set(host, turn);
    await turn;
  }

  async #startEtcd(host: Host, mounts: boolean): Promise<void> {
    if (mounts) await host.run(["mount", "--bind", this.shared, this.shared]);
    if (host.processes(([program]) => program === "etcd").length > 0) return;
    const url = (port: number, { address }: Host = host) => `http://${address}:${port}`;
    const peers = this.hosts.all.map((each) => `${each.name}=${url(2380, each)}`).join(",");
    const flags = [
      ...["--name", host.name, "--data-dir", join(host.home, "etcd")],
      ...["--listen-client-urls", url(2379), "--advertise-client-urls", url(2379)],
      ...["--listen-peer-urls", url(2380), "--initial-advertise-peer-urls", url(2380)],
      ...["--initial-cluster", peers, "--pre-vote", "--max-txn-ops=256", "--max-request-bytes=4194304"],
    ];
    await host.namespace.detach(["etcd", ...flags], { stdio: "ignore" });
  }

  async #form(): Promise<void> {
    const { all } = this.hosts;
    await mkdir(this.shared);
    await mkdir(this.#power);
    await writeFile(join(this.#power, "off"), powerOff, { mode: 0o755 });
    await Promise.all(all.map((host) => this.#startEtcd(host, true)));
    const url = ({ address }: Host) => `http://${address}:2379`;
    const endpointsOf = (host: Host) => [url(host), ...all.filter((other) => other !== host).map(url)];
    await makeMembers(this.hosts, { endpointsOf, sharesImage: false });
  }

  /** The pool on every host, and each host's power switch. */
  async #share(): Promise<void> {
    const [first] = this.hosts.all;
    for (const host of this.hosts.all) {
      const body = { name: sharedPool, kind: "shared", target: this.shared } as const;
      await retry(() => host.client.call("poolCreate", { body }), {
        clock: systemClock,
        first: 100,
        longest: 1000,
        timeout: 30_000,
      });
      const command = [join(this.#power, "off"), host.name];
      await first!.client.call("fenceCreate", { body: { host: host.name, command } });
    }
    await first!.client.call("networkUnderlaySet", { body: { kind: "trusted" } });
    this.#watch = setInterval(() => this.#obey(), 50);
  }

  #obey(): void {
    for (const host of this.hosts.all) {
      const asked = join(this.#power, `${host.name}.off`);
      if (!existsSync(asked)) continue;
      const taken = join(this.#power, `${host.name}.taken`);
      const cycle = (async () => {
        await rename(asked, taken);
        await this.down(host);
        await rename(taken, join(this.#power, `${host.name}.done`));
        await delay(3000);
        await this.up(host);
      })();
      this.#pending.add(cycle);
      void cycle.catch(() => undefined).then(() => this.#pending.delete(cycle));
    }
  }

  /** Files in the folder that all have. */
  sharedFiles(): string[] {
    return this.isCluster ? readdirSync(this.shared, { recursive: true }).map(String) : [];
  }
}
