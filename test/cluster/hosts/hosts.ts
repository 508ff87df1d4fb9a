/**
 * Several hosts on one machine, for tests of what they do together. Each is a set of namespaces with a disk, an address and
 * a real daemon of its own; a switch joins them. Nothing of them is in this machine's own network or mounts:
 *
 *   await using hosts = await Hosts.start(3);       hosts.all[0].client, hosts.cables.cut(…), hosts.all[1].crash()
 *
 * All of it ends with the process that made it. What a process that was killed leaves (files, control groups) is taken
 * away by the next that makes hosts.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { findProcesses } from "#base/find-process";
import { isAlive, processRef, signalProcess, waitGone } from "#base/process";
import { groupsOf, parkedTiny } from "../../vm/daemon.ts";
import { takeLock } from "../../vm/lock.ts";
import { tinyGuest } from "../../vm/tiny-guest.ts";
import { Host, removeGroups } from "./host.ts";
import { Namespace } from "./namespace.ts";
import { Switch } from "./switch.ts";

const GiB = 2 ** 30;

export interface HostsOptions {
  /** Bytes of each host's disk. */
  readonly disk?: number;
  /** Flags of every daemon's. */
  readonly flags?: readonly string[];
  /** Makes the initrd of the image "tiny", in the place of its own. */
  readonly initrd?: (path: string) => Promise<void>;
  /** False: nothing is parked on any of them yet. */
  readonly parked?: boolean;
  /** The hosts are switched on, and no daemon is started. */
  readonly bare?: boolean;
}

export class Hosts {
  readonly all: readonly Host[];
  readonly cables: Switch;
  readonly #switch: Namespace;
  readonly folder: string;

  private constructor(all: readonly Host[], cables: Switch, own: Namespace, folder: string) {
    this.all = all;
    this.cables = cables;
    this.#switch = own;
    this.folder = folder;
  }

  /** Hosts h1, h2, … at 198.51.100.1, .2, …, each with a daemon that answers. */
  static async start(count: number, options: HostsOptions = {}): Promise<Hosts> {
    await sweepLeft();
    const { parked = options.initrd === undefined } = options;
    await tinyGuest();
    const template = parked ? await parkedTiny() : undefined;
    const { pid, startTime } = processRef(process.pid)!;
    const folder = await mkdtemp(`/tmp/lodge-hosts-${pid}-${startTime}-`);
    const initrd = options.initrd && join(folder, "initrd");
    if (initrd !== undefined) await options.initrd!(initrd);
    const own = await Namespace.open({ name: "switch", mark: folder });
    const cables = await Switch.start(own);
    const disk = options.disk ?? 8 * GiB;
    const all = Array.from({ length: count }, (_, at) => {
      const name = `h${at + 1}`;
      const plan = { folder, cables, disk, mark: folder, furniture: { initrd, template } };
      return new Host({ ...plan, name, address: `198.51.100.${at + 1}` });
    });
    const hosts = new Hosts(all, cables, own, folder);
    try {
      await Promise.all(all.map((host) => host.boot()));
      if (!options.bare) await Promise.all(all.map((host) => host.startDaemon(options.flags)));
    } catch (error) {
      await hosts.end();
      throw error;
    }
    return hosts;
  }

  get(name: string): Host {
    const host = this.all.find((each) => each.name === name);
    if (!host) throw new RangeError(`there is no host ${name}`);
    return host;
  }

  /** Ends them, whatever state they are in, and removes all that is theirs. */
  async end(): Promise<void> {
    for (const host of this.all) await host.crash();
    await this.#switch.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const tags = tagsIn(this.folder);
    await this.end();
    assert.deepEqual(tags.flatMap(groupsOf), []);
  }
}

const tagsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".tag"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .filter((tag) => tag !== "");

/** Takes away what tests that were killed have left: their process stands in the name of the folder, and is gone. */
async function sweepLeft(): Promise<void> {
  const release = await takeLock("/tmp/lodge-hosts-sweep.lock");
  try {
    for (const name of readdirSync("/tmp")) {
      const [, pid, startTime = ""] = /^lodge-hosts-(\d+)-(\d+)-/.exec(name) ?? [];
      if (pid === undefined || isAlive({ pid: Number(pid), startTime })) continue;
      const folder = join("/tmp", name);
      // Whoever holds a host ends with the test; one whose processes were stopped may not have.
      for (const holder of await findProcesses((argv) => argv[0] === "unshare" && argv.includes(folder))) {
        signalProcess(holder, "SIGKILL");
        await waitGone(holder, 20_000);
      }
      for (const tag of tagsIn(folder)) removeGroups(tag);
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    await release();
  }
}
