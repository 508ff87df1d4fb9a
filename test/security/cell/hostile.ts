/**
 * Runs attacks.pl twice: in the cell of a guest, started by what starts its QEMU and with what that would get, and
 * outside, as root. Beside it are a neighbour in a cell of its own, and what a home has.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "#base/exec";
import { keepDescriptors } from "#base/inheritance";
import { memfdCreate } from "#base/libc";
import { endProcess, type ProcessRef } from "#base/process";
import { Cells } from "#domain/guest/cell";
import { guestPlace } from "#domain/guest/place";
import type { GuestRecord } from "#domain/guest/record";
import { layerKey, layerPath } from "#domain/volume/layer";
import { MemoryStore } from "#durable/store/memory";
import { findCells, type CellHost } from "#hypervisor/cell/host";
import { programFiles } from "#hypervisor/cell/program";
import { viewOf } from "#hypervisor/cell/view";
import { clearGroup } from "#hypervisor/cpu/groups";
import { openGroups } from "#hypervisor/cpu/open-groups";
import { sealMemfd } from "#hypervisor/memory/memfd";
import type { MachinePlan } from "#hypervisor/qemu/plan";

const perl = "/usr/bin/perl";
const tag = "tests";

export interface Outcome {
  readonly got: boolean;
  /** Why not. */
  readonly why: string;
}

/** One of perl's literals. */
const literal = (value: string | number): string =>
  typeof value === "number" ? String(value) : `'${value.replaceAll(/[\\']/g, "\\$&")}'`;

export class Hostile {
  readonly #folder = mkdtempSync(join(tmpdir(), "lodge-cell-"));
  readonly #groups = openGroups(tag);
  readonly #servers: Server[] = [];
  readonly #descriptors: number[] = [];
  #neighbour: ProcessRef | undefined;
  #shm = "";
  #cells!: Cells;
  #targets!: Record<string, string | number>;
  inside!: ReadonlyMap<string, Outcome>;
  outside!: ReadonlyMap<string, Outcome>;

  static async start(): Promise<Hostile> {
    keepDescriptors();
    const hostile = new Hostile();
    try {
      await hostile.#prepare();
      await hostile.#run();
      return hostile;
    } catch (error) {
      await hostile.close();
      throw error;
    }
  }

  /** "refused" where the attack failed in the cell, and worked outside or need not. */
  verdict(attack: string, { tried = true }: { readonly tried?: boolean } = {}): string {
    const [inside, outside] = [this.inside.get(attack), this.outside.get(attack)];
    if (!inside || !outside) return "attacks.pl has nothing of that name";
    if (inside.got) return "it worked in a cell";
    return tried && !outside.got ? `outside it failed too: ${outside.why}` : "refused";
  }

  async close(): Promise<void> {
    if (this.#neighbour) await endProcess(this.#neighbour, 0);
    for (const server of this.#servers) server.close();
    for (const descriptor of this.#descriptors) closeSync(descriptor);
    for (const id of this.#groups.list()) await clearGroup(this.#groups, id);
    if (this.#shm !== "") await exec("ipcrm", ["-m", this.#shm]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #places() {
    const at = (name: string) => join(this.#folder, name);
    return {
      guests: at("guests"),
      layers: at("layers"),
      images: at("images"),
      templates: at("templates"),
      run: at("run"),
    };
  }

  /** As QEMU's, with this script in its place. */
  async #cellsFor(script: string): Promise<Cells> {
    const qemu = await findCells("qemu-system-x86_64");
    const files = await programFiles(perl);
    const host: CellHost = {
      ...qemu,
      program: script,
      binds: [...qemu.binds, ...files.binds, { from: script, how: "read" }],
    };
    return new Cells({ store: this.#store, places: this.#places, tag, host });
  }

  readonly #store = new MemoryStore();

  async #prepare(): Promise<void> {
    chmodSync(this.#folder, 0o711);
    for (const folder of Object.values(this.#places)) mkdirSync(folder, { mode: 0o711 });
    const write = (path: string, text: string) => {
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const layer = async (id: string, below?: string) => {
      const path = write(layerPath(this.#places.layers, id), `what is in ${id}`);
      const value = { id, path, format: "qcow2", ...(below === undefined ? {} : { below }), createdAt: "" };
      await this.#store.transact({ put: [{ key: layerKey(id), value }] });
      return path;
    };
    const base = await layer("lbase");
    const own = await layer("lown", "lbase");
    const disk = await layer("lneighbour");
    for (const id of ["gattacker", "gneighbour"]) {
      const place = guestPlace(this.#places, id);
      mkdirSync(place.folder, { mode: 0o700 });
      mkdirSync(place.run, { mode: 0o700 });
      write(place.seed, "a password");
    }
    const neighbour = guestPlace(this.#places, "gneighbour");
    write(neighbour.serialLog, "what it said");
    this.#neighbour = (await this.#startNeighbour()).process;
    const abstract = `lodge-cell-${process.pid}`;
    const socket = join(this.#places.run, "lodged.sock");
    for (const path of [neighbour.qmp, socket, `\0${abstract}`]) await this.#listen({ path });
    const { port } = await this.#listen({ port: 0, host: "0.0.0.0" });
    this.#shm = /\d+/.exec((await exec("ipcmk", ["-M", "4096", "-p", "0666"])).stdout)![0];
    const shmKey = (await exec("ipcs", ["-m"])).stdout
      .split("\n")
      .find((line) => line.includes(` ${this.#shm} `))!;
    this.#targets = {
      store: write(join(this.#folder, "lodge.db"), "the store"),
      key: write(join(this.#folder, "secret.key"), "the key"),
      disk,
      seen: join(viewOf(this.#places.layers, "gneighbour").folder, "lneighbour.qcow2"),
      seed: neighbour.seed,
      serial: neighbour.serialLog,
      guests: this.#places.guests,
      run: this.#places.run,
      layers: this.#places.layers,
      own,
      ownName: "lown.qcow2",
      base,
      baseName: "lbase.qcow2",
      ownRun: guestPlace(this.#places, "gattacker").run,
      library: "/usr/lib/x86_64-linux-gnu/libc.so.6",
      program: "/usr/bin/qemu-system-x86_64",
      readFd: 4,
      ramFd: 3,
      pid: this.#neighbour.pid,
      daemon: process.pid,
      shm: Number(shmKey.split(/\s+/)[0]),
      uid: (await this.#cells.userOf("gneighbour"))!,
      port,
      address: addressOfHost(),
      monitor: neighbour.qmp,
      socket,
      abstract,
      device: deviceOfHost(),
    };
  }

  async #startNeighbour() {
    const script = this.#script("neighbour", "$0 = 'neighbour'; sleep 600;");
    this.#cells = await this.#cellsFor(script);
    return this.#start(this.#cells, "gneighbour", "lneighbour", []);
  }

  #script(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, `#!${perl}\n${text}`);
    chmodSync(path, 0o755);
    return path;
  }

  #start(cells: Cells, id: string, layer: string, descriptors: readonly number[]) {
    const machine = { disks: [{ id: "disk0", layer }] } as unknown as Pick<GuestRecord, "disks">;
    this.#groups.make(id, { memory: 1024 ** 3, swap: 0, tasks: 1200 });
    const before = (pid: number) => {
      this.#groups.enter(id, pid);
      cells.seal(id);
    };
    return cells.start(id, machine, this.#plan(id), { descriptors, before });
  }

  /** Its arguments are QEMU's; the script does not look at them. */
  #plan(id: string): MachinePlan {
    const place = guestPlace(this.#places, id);
    return {
      name: id,
      uuid: "5f3a3c62-7a51-4d9e-9d0a-1c1f7a0b2c11",
      vmgenid: "5f3a3c62-7a51-4d9e-9d0a-1c1f7a0b2c12",
      machineType: "q35",
      cpuModel: "max",
      accelerator: "tcg",
      cpus: 1,
      memory: 2 ** 20,
      ram: { kind: "anonymous" },
      firmware: { kind: "bios" },
      tpm: undefined,
      disks: [],
      diskController: false,
      drives: [],
      seed: place.seed,
      nicPorts: false,
      nics: [],
      sockets: place,
      vnc: true,
      spicePort: true,
      serialLog: place.serialLog,
      bootFirst: "disk",
      usbInput: false,
      balloon: false,
    };
  }

  async #run(): Promise<void> {
    const attacks = readFileSync(join(import.meta.dirname, "attacks.pl"), "utf8");
    const targets = Object.entries(this.#targets).map(([name, value]) => `${name} => ${literal(value)}`);
    const text = (inside: 0 | 1) =>
      `my $inside = ${inside};\nmy %target = (${targets.join(", ")});\n${attacks}`;
    const ram = memfdCreate("lodge-ram test", 3);
    writeFileSync(ram, "memory that is shared");
    sealMemfd(ram);
    const base = openSync(this.#targets["base"] as string, "r");
    this.#descriptors.push(ram, base);
    const script = this.#script("inside", text(1));
    const started = await this.#start(await this.#cellsFor(script), "gattacker", "lown", [ram, base]);
    // The process of a cell does not keep a program waiting that has started it.
    const alive = setInterval(() => undefined, 1000);
    const how = await started.ended.finally(() => clearInterval(alive));
    const log = guestPlace(this.#places, "gattacker").qemuLog;
    this.inside = outcomes(readFileSync(log, "utf8"), how);
    this.outside = await this.#control(this.#script("outside", text(0)));
  }

  /** The same as root, where nothing is in the way. */
  async #control(script: string): Promise<ReadonlyMap<string, Outcome>> {
    const ram = memfdCreate("lodge-ram test", 3);
    writeFileSync(ram, "memory that nobody sealed");
    const base = openSync(this.#targets["base"] as string, "r");
    this.#descriptors.push(ram, base);
    const child: ChildProcess = spawn(perl, [script], {
      stdio: ["ignore", "pipe", "inherit", ram, base, openSync("/dev/null", "r")],
      env: { SECRET: "of the host" },
    });
    let text = "";
    child.stdout!.on("data", (data: Buffer) => (text += data.toString()));
    const [code] = (await once(child, "close")) as [number];
    return outcomes(text, `exit status ${code}`);
  }

  async #listen(where: { readonly path: string } | { readonly port: number; readonly host: string }) {
    const server = createServer((socket) => socket.destroy());
    this.#servers.push(server);
    server.listen(where);
    await once(server, "listening");
    const address = server.address();
    return { port: typeof address === "object" && address ? address.port : 0 };
  }
}

function outcomes(text: string, how: string): ReadonlyMap<string, Outcome> {
  const lines = text.split("\n").map((line) => line.split("\t"));
  assert.ok(
    lines.some(([what]) => what === "end"),
    `the attacks did not come to their end (${how}): ${text.slice(-2000)}`,
  );
  return new Map(
    lines
      .filter(([what]) => what === "got" || what === "refused")
      .map(([what, name = "", why = ""]) => [name, { got: what === "got", why }]),
  );
}

/** A disk of the host's. */
const deviceOfHost = (): string =>
  `/dev/${readdirSync("/sys/block").find((name) => !/^(loop|ram|zram|nbd)/.test(name)) ?? "sda"}`;

/** The host's own address, so that nothing leaves it; its loopback's where it has no other. */
const addressOfHost = (): string =>
  Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
