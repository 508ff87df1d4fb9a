/**
 * A pool that is a mount of NFS, or of whatever else several hosts share. It has to be a mount point: where the mount
 * is gone, its folder is there and empty, and what is written to it lands on the host's own disk, to be hidden by the
 * next mount. Whatever asks the server is a program with a time limit, since a server that is gone answers never.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asLodgeError, hasCode } from "#contract/errors";
import { withTimeout } from "#base/deadline";
import { exec } from "#base/exec";
import { DirectoryPool } from "./directory.ts";
import { PoolTrouble, type PoolSpace, type Stored } from "./driver.ts";

/** Milliseconds for the server to answer. */
const patience = 5000;

/** The folders that something is mounted on, as /proc/self/mountinfo names them (proc(5)). */
export function mountPoints(mountinfo: string): Set<string> {
  const unescaped = (text: string) =>
    text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return new Set(
    mountinfo
      .split("\n")
      .map((line) => line.split(" ")[4])
      .filter((path) => path !== undefined)
      .map(unescaped),
  );
}

export class SharedPool extends DirectoryPool {
  override async prepare(): Promise<void> {
    await this.requireFolder();
    await ask("mkdir", ["--parents", "--mode=0711", "--", this.folder]);
    await this.check();
  }

  override async check(): Promise<void> {
    await this.requireFolder();
    // Its locks are what keeps two hosts from starting one guest.
    const probe = join(this.folder, ".lock-probe");
    await ask("touch", ["--", probe]);
    try {
      await ask("flock", ["--exclusive", "--wait", "2", probe, "true"]);
    } catch (error) {
      throw new PoolTrouble("files in it cannot be locked", { cause: error });
    }
  }

  protected override async requireFolder(): Promise<void> {
    if (!mountPoints(await readFile("/proc/self/mountinfo", "utf8")).has(this.target))
      throw new PoolTrouble("nothing is mounted there");
    const kind = await ask("stat", ["--format=%F", "--", this.target]);
    if (kind.trim() !== "directory") throw new PoolTrouble("it is no folder");
  }

  override async space(): Promise<PoolSpace> {
    const [size = 0, free = 0, block = 0] = (
      await ask("stat", ["--file-system", "--format=%b %a %S", "--", this.folder])
    )
      .trim()
      .split(" ")
      .map(Number);
    return { size: size * block, free: free * block, reflink: await this.#sharesBlocks() };
  }

  async #sharesBlocks(): Promise<boolean> {
    const [one, other] = [".reflink-a", ".reflink-b"].map((name) => join(this.folder, name)) as [
      string,
      string,
    ];
    try {
      await ask("dd", ["if=/dev/urandom", `of=${one}`, "bs=64K", "count=1", "status=none"]);
      await ask("cp", ["--reflink=always", "--", one, other]);
      return true;
    } catch (error) {
      if (hasCode(error, "host.command_timeout")) throw silent(error);
      return false;
    } finally {
      await ask("rm", ["--force", "--", one, other]).catch(() => undefined);
    }
  }

  override async used(volumes: readonly Stored[]): Promise<number[]> {
    if (volumes.length === 0) return [];
    const said = await tell("stat", ["--format=%b %n", "--", ...volumes.map(({ path }) => path)]).catch(
      (error: unknown) => {
        // Of several of which one is not there it has said the others' before it failed.
        if (hasCode(error, "host.command_failed")) return "";
        throw silent(error);
      },
    );
    const blocks = new Map(
      said.split("\n").map((line) => [line.slice(line.indexOf(" ") + 1), parseInt(line)]),
    );
    if (volumes.length > 1 && said === "") {
      const each: number[] = [];
      for (const one of volumes) each.push(...(await this.used([one])));
      return each;
    }
    return volumes.map(({ path }) => (blocks.get(path) ?? 0) * 512);
  }

  override async remove({ path }: Stored): Promise<void> {
    await ask("rm", ["--force", "--", path]);
  }
}

const silent = (cause: unknown): PoolTrouble =>
  new PoolTrouble(`it did not answer within ${patience / 1000} s`, { cause });

/** A program that hangs in the kernel cannot be killed, so its end is not waited for either. */
const tell = async (command: string, args: readonly string[]): Promise<string> =>
  (await withTimeout(exec(command, args, { timeout: patience }), patience + 500, command)).stdout;

async function ask(command: string, args: readonly string[]): Promise<string> {
  try {
    return await tell(command, args);
  } catch (error) {
    if (hasCode(error, "host.command_timeout")) throw silent(error);
    const { detail = "", message } = asLodgeError(error);
    throw new PoolTrouble(detail.trim().split("\n").at(-1)?.split(": ").at(-1) || message, { cause: error });
  }
}
