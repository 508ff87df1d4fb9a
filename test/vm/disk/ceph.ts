/**
 * A Ceph of the test's own: one monitor, one manager, one server of objects on a file, on an address of the loopback that nobody
 * else has. Its packages are large, so they are installed by whoever needs it, and no list has them.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { exec } from "#base/exec";

const packages = ["ceph-mon", "ceph-mgr", "ceph-osd", "ceph-common", "qemu-block-extra"];

/** Bytes of memory that it takes while it runs. */
const memory = 2 * 2 ** 30;
/** Bytes of its packages and of what it stores. */
const disk = 4 * 2 ** 30;

/** Why there can be none here; false where there can. Installs what it needs. */
export async function lacksCeph(): Promise<string | false> {
  if (process.getuid?.() !== 0) return "root alone can start a Ceph and mount its images";
  if (!existsSync("/dev/fuse")) return "this kernel has no FUSE";
  if (freemem() < memory) return "a Ceph takes 2 GiB of memory";
  const { bavail, bsize } = await statfs("/tmp");
  if (bavail * bsize < disk) return "a Ceph takes 4 GiB of disk space";
  const installed = await exec("dpkg-query", ["-W", "-f=${db:Status-Status}\n", ...packages]).then(
    ({ stdout }) => stdout.split("\n").filter((status) => status === "installed").length,
    () => 0,
  );
  if (installed === packages.length) return false;
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = () =>
    exec(
      "apt-get",
      ["-q", "-o", "DPkg::Lock::Timeout=300", "install", "--yes", "--no-install-recommends", ...packages],
      {
        env,
        timeout: 300_000,
      },
    );
  return install().then(
    () => false,
    () => `its packages cannot be installed (${packages.join(", ")})`,
  );
}

export class TestCeph implements AsyncDisposable {
  readonly #folder: string;
  readonly #processes = new Map<string, ChildProcess>();
  readonly #address = `127.83.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  readonly pool = "rbd";
  readonly user = "lodge";
  key = "";

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(): Promise<TestCeph> {
    const ceph = new TestCeph(await mkdtemp("/tmp/lodge-ceph-"));
    try {
      await ceph.#prepare();
      return ceph;
    } catch (error) {
      await ceph[Symbol.asyncDispose]();
      throw error;
    }
  }

  get monitors(): string[] {
    return [this.#address];
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }

  /** One of its programs, as its admin. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    return (await exec(command, ["--conf", this.#at("conf"), ...args])).stdout;
  }

  /** What is in the pool, in its trash too. */
  async images(): Promise<string[]> {
    const [images, trash] = await Promise.all([
      this.run("rbd", "ls", this.pool),
      this.run("rbd", "trash", "ls", this.pool),
    ]);
    return `${images}\n${trash}`.split("\n").filter((line) => line.trim() !== "");
  }

  /** Its monitor stands still, and answers nobody. */
  hang(): void {
    this.#processes.get("mon")!.kill("SIGSTOP");
  }

  goOn(): void {
    this.#processes.get("mon")!.kill("SIGCONT");
  }

  /** Its server of objects stands still: what is asked of it waits. */
  hangStore(): void {
    this.#processes.get("osd")!.kill("SIGSTOP");
  }

  goOnStore(): void {
    this.#processes.get("osd")!.kill("SIGCONT");
  }

  async #prepare(): Promise<void> {
    const fsid = randomUUID();
    await writeFile(this.#at("conf"), this.#configuration(fsid));
    for (const name of ["mon", "mgr", "osd"]) await mkdir(this.#at(name));
    await this.#monitor(fsid);
    const mgr = ["mon", "allow profile mgr", "osd", "allow *", "mds", "allow *"];
    await this.run("ceph", "auth", "get-or-create", "mgr.x", ...mgr, "-o", this.#at("mgr/keyring"));
    this.#start("mgr", "ceph-mgr", "x");
    await this.#store();
    await this.run("ceph", "osd", "pool", "create", this.pool, "8");
    await this.run("rbd", "pool", "init", this.pool);
    const profile = ["mon", "profile rbd", "osd", `profile rbd pool=${this.pool}`];
    await this.run("ceph", "auth", "get-or-create", `client.${this.user}`, ...profile);
    this.key = (await this.run("ceph", "auth", "get-key", `client.${this.user}`)).trim();
    await this.#counted();
  }

  #configuration(fsid: string): string {
    const all = {
      fsid,
      "mon host": `v2:${this.#address}:3300`,
      "public addr": this.#address,
      "ms bind ipv6": false,
      "auth cluster required": "cephx",
      "auth service required": "cephx",
      "auth client required": "cephx",
      "auth allow insecure global id reclaim": false,
      keyring: this.#at("admin.keyring"),
      "mon data": this.#at("mon"),
      "mgr data": this.#at("mgr"),
      "osd data": this.#at("osd"),
      "run dir": this.#folder,
      "admin socket": this.#at("$name.asok"),
      "log file": this.#at("$name.log"),
      "pid file": this.#at("$name.pid"),
      "osd crush chooseleaf type": 0,
      "osd pool default size": 1,
      "osd pool default min size": 1,
      "osd pool default pg autoscale mode": "off",
      "mon allow pool size one": true,
      "mgr initial modules": "",
      "osd objectstore": "bluestore",
      "bluestore block size": 2 ** 31,
      "osd memory target": 2 ** 30,
      "osd class load list": "*",
    };
    const own = { "mon.": "mon.keyring", "mgr.x": "mgr/keyring", "osd.0": "osd/keyring" };
    return [
      "[global]",
      ...Object.entries(all).map(([name, value]) => `${name} = ${value}`),
      ...Object.entries(own).flatMap(([name, file]) => [
        `[${name.replace(/\.$/, ".a")}]`,
        `keyring = ${this.#at(file)}`,
      ]),
      "",
    ].join("\n");
  }

  async #monitor(fsid: string): Promise<void> {
    const [keys, admin, map] = [this.#at("mon.keyring"), this.#at("admin.keyring"), this.#at("monmap")];
    const everything = ["mon", "osd", "mgr"].flatMap((what) => ["--cap", what, "allow *"]);
    await exec("ceph-authtool", [
      "--create-keyring",
      keys,
      "--gen-key",
      "-n",
      "mon.",
      ...everything.slice(0, 3),
    ]);
    await exec("ceph-authtool", [
      "--create-keyring",
      admin,
      "--gen-key",
      "-n",
      "client.admin",
      ...everything,
    ]);
    await exec("ceph-authtool", [keys, "--import-keyring", admin]);
    const where = ["--addv", "a", `[v2:${this.#address}:3300]`];
    await exec("monmaptool", ["--create", ...where, "--fsid", fsid, map]);
    await this.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map, "--keyring", keys);
    this.#start("mon", "ceph-mon", "a");
    await this.run("ceph", "--connect-timeout", "60", "mon", "stat");
  }

  async #store(): Promise<void> {
    const uuid = randomUUID();
    await this.run("ceph", "osd", "create", uuid);
    await this.run("ceph-osd", "-i", "0", "--mkfs", "--mkkey", "--no-mon-config", "--osd-uuid", uuid);
    const caps = ["osd", "allow *", "mon", "allow profile osd", "mgr", "allow profile osd"];
    await this.run("ceph", "auth", "add", "osd.0", ...caps, "-i", this.#at("osd/keyring"));
    this.#start("osd", "ceph-osd", "0");
  }

  /** Waits until the manager has told how much room the pool has. */
  async #counted(): Promise<void> {
    for (let left = 600; ; left--) {
      const { pools } = JSON.parse(await this.run("ceph", "df", "--format", "json")) as {
        pools: { name: string; stats: { max_avail: number } }[];
      };
      if (pools.some(({ name, stats }) => name === this.pool && stats.max_avail > 0)) return;
      if (left === 0) throw new Error(`its manager told nothing: ${await this.#log("mgr.x")}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #start(what: string, program: string, id: string): void {
    const args = ["--conf", this.#at("conf"), "-f", "-i", id];
    this.#processes.set(what, spawn(program, args, { stdio: "ignore" }));
  }

  async #log(name: string): Promise<string> {
    return (await readFile(this.#at(`${name}.log`), "utf8").catch(() => "")).slice(-2000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#processes.values()].toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
