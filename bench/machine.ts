/** What the figures were measured on. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import type { Schemas } from "#contract/schemas";
import { exec } from "#base/exec";
import { checkout } from "./lodge.ts";

export interface Machine {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly processors: string;
  readonly memory: string;
  readonly system: string;
  readonly qemu: string;
  readonly accelerator: string;
  readonly node: string;
  readonly lodge: string;
  /** Load average over a minute when the row began: others' work, or the row before. */
  readonly load: number;
}

const systemName = (): string => {
  const text = readFileSync("/etc/os-release", "utf8");
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? "Linux";
};

/** The commit that is measured, and whether files differ from it. */
async function commit(): Promise<string> {
  const git = async (...words: string[]) => (await exec("git", words, { cwd: checkout })).stdout.trim();
  try {
    const changed = await git(
      "status",
      "--porcelain",
      "--untracked-files=no",
      "--",
      "src",
      "agent",
      "bin",
      "recipes",
    );
    return `${await git("rev-parse", "--short", "HEAD")}${changed === "" ? "" : " with changes"}`;
  } catch {
    return "unknown commit";
  }
}

export async function machine({ version, qemu, accelerator, privileged }: Schemas["Host"]): Promise<Machine> {
  const all = cpus();
  return {
    at: new Date().toISOString(),
    processors: `${all.length} × ${all[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    system: `${systemName()}, Linux ${release()}`,
    qemu,
    accelerator: `${accelerator}${privileged ? "" : ", without privilege"}`,
    node: process.version,
    lodge: `${version} (${await commit()})`,
    load: loadavg()[0] ?? 0,
  };
}
