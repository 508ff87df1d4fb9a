/**
 * A pool that is a thin pool of LVM (lvmthin(7)). A volume is a thin logical volume with raw content; clones are its
 * snapshots. Written after the manual pages and tried on no host yet: it wants device mapper in the kernel.
 */
import { exec } from "#base/exec";
import { asLodgeError, hasCode } from "#contract/errors";
import { always, PoolTrouble, requireName, type PoolDriver, type PoolSpace, type Stored } from "./driver.ts";

type Run = (command: string, args: readonly string[]) => Promise<string>;

const host: Run = async (command, args) => (await exec(command, args, { timeout: 60_000 })).stdout;

/** LVM takes other characters too, but doubles a hyphen in the device's name; the tag in front keeps ours apart. */
const part = "[A-Za-z0-9_.][A-Za-z0-9_.-]*";
export const lvmTarget = new RegExp(`^(?<group>${part})/(?<pool>${part})$`);
const tag = "lodge";
const size = (bytes: number): string => `${bytes}b`;
/** Numbers alone, in bytes, one volume a line. */
const report = ["--noheadings", "--nosuffix", "--units", "b"] as const;

export class LvmPool implements PoolDriver {
  readonly formats = ["raw"] as const;
  readonly #group: string;
  readonly #pool: string;
  readonly #run: Run;

  constructor(target: string, run: Run = host) {
    const groups = lvmTarget.exec(target)?.groups;
    if (!groups) throw new PoolTrouble("its target is not VOLUME-GROUP/THIN-POOL");
    this.#group = groups["group"]!;
    this.#pool = groups["pool"]!;
    this.#run = run;
  }

  async prepare(): Promise<void> {
    await this.check();
  }

  async check(): Promise<void> {
    const said = await this.#lvs(["lv_attr", "lv_active"], this.#pool);
    const [attributes = "", active = ""] = said[0] ?? [];
    if (!attributes.startsWith("t")) throw new PoolTrouble(`${this.#pool} is no thin pool`);
    if (active !== "active") throw new PoolTrouble("it is not active");
    if (attributes[4] === "s") throw new PoolTrouble("it is suspended");
  }

  async space(): Promise<PoolSpace> {
    const [bytes = "0", percent = "0", metadata = "0"] =
      (await this.#lvs(["lv_size", "data_percent", "metadata_percent"], this.#pool))[0] ?? [];
    if (Number(metadata) >= 98)
      throw new PoolTrouble("its metadata is full: 'lvextend --poolmetadatasize' mends it");
    const whole = Number(bytes);
    return { size: whole, free: Math.floor(whole * (1 - Number(percent) / 100)), reflink: true };
  }

  locate(name: string): string {
    return `/dev/${this.#group}/${tag}-${requireName(name)}`;
  }

  async use(): Promise<AsyncDisposable> {
    return always;
  }

  async create(name: string, _format: "raw" | "qcow2", bytes: number): Promise<Stored> {
    const path = this.locate(name);
    const args = ["--yes", "--quiet", "--type", "thin", "--addtag", tag];
    const what = [
      "--virtualsize",
      size(bytes),
      "--thinpool",
      this.#pool,
      "--name",
      nameOf(path),
      this.#group,
    ];
    await this.#run("lvcreate", [...args, ...what]);
    return { path, format: "raw" };
  }

  /** Discarding within it gives space back to the pool; its size is rounded up to whole extents. */
  async grow({ path }: Pick<Stored, "path">, bytes: number): Promise<void> {
    await this.#run("lvextend", ["--quiet", "--size", size(bytes), `${this.#group}/${nameOf(path)}`]);
  }

  /** Thin snapshots are skipped at activation unless told otherwise. */
  async clone({ path }: Pick<Stored, "path">, name: string) {
    const target = this.locate(name);
    const args = ["--yes", "--quiet", "--snapshot", "--addtag", tag, "--setactivationskip", "n"];
    await this.#run("lvcreate", [...args, "--name", nameOf(target), `${this.#group}/${nameOf(path)}`]);
    return { path: target, format: "raw", how: "shared" } as const;
  }

  async used(volumes: readonly Stored[]): Promise<number[]> {
    const all = await this.#lvs(["lv_name", "lv_size", "data_percent"], undefined);
    const taken = new Map(
      all.map(([name = "", bytes = "0", percent = "0"]) => [name, (Number(bytes) * Number(percent)) / 100]),
    );
    return volumes.map(({ path }) => Math.round(taken.get(nameOf(path)) ?? 0));
  }

  async remove({ path }: Stored): Promise<void> {
    const known = await this.#lvs(["lv_name"], undefined);
    if (!known.some(([name]) => name === nameOf(path))) return;
    await this.#run("lvremove", ["--yes", "--quiet", `${this.#group}/${nameOf(path)}`]);
  }

  /** The fields of one volume, or of each of the group's. @throws PoolTrouble */
  async #lvs(fields: readonly string[], volume: string | undefined): Promise<string[][]> {
    const what = volume === undefined ? this.#group : `${this.#group}/${volume}`;
    try {
      const said = await this.#run("lvs", [
        ...report,
        "--separator",
        "|",
        "--options",
        fields.join(","),
        what,
      ]);
      const lines = said.split("\n").filter((line) => line.trim() !== "");
      return lines.map((line) => line.trim().split("|"));
    } catch (error) {
      if (hasCode(error, "host.command_missing"))
        throw new PoolTrouble("LVM is not installed (package lvm2)", { cause: error });
      const { detail = "", message } = asLodgeError(error);
      throw new PoolTrouble(detail.trim().split("\n").at(-1) || message, { cause: error });
    }
  }
}

/** The name that a volume at this path was given. */
export const volumeNameOf = (path: string): string => nameOf(path).slice(tag.length + 1);

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
