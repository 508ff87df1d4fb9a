/**
 * What this host's QEMU can do, asked of QEMU itself and never guessed from its version.
 *
 * One run of `qemu-system-x86_64 -machine none` with a monitor on its standard streams takes some 100 ms,
 * so the answer is kept in a file and asked again only when the program has changed (path, mtime, size).
 */
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { exec } from "#base/exec";
import { hasCode, LodgeError } from "#contract/errors";

export interface QemuFeatures {
  /** Which program was asked: its path, mtime and size. Changes with an upgrade. */
  readonly identity: string;
  readonly binary: string;
  /** For people and logs only, e.g. "7.2.22". */
  readonly version: string;
  /** The newest versioned q35 machine type, e.g. "pc-q35-7.2". */
  readonly machine: string;
  /** Every versioned q35 type, so that a guest made by an older QEMU can be told from one that is unknown. */
  readonly machines: readonly string[];
  /** Names of devices that `-device` takes, e.g. "vmgenid". */
  readonly devices: readonly string[];
  /** QMP commands. */
  readonly commands: readonly string[];
  /** Migration capabilities, e.g. "x-ignore-shared", "mapped-ram". */
  readonly migration: readonly string[];
  /** Backends that `-netdev` takes, e.g. "stream". */
  readonly netdevs: readonly string[];
  /** Properties of `memory-backend-file`, e.g. "rom". */
  readonly fileBackend: readonly string[];
  /** Properties of `memory-backend-memfd`, e.g. "seal"; empty where there is none. */
  readonly memfdBackend: readonly string[];
  /** Properties of the accelerator `tcg`, e.g. "tb-size"; empty where it is not built in. */
  readonly tcg: readonly string[];
}

/** Raised when the questions or the shape of the answer change, so that an older cache file is not believed. */
const edition = 1;

const questions = [
  { execute: "qmp_capabilities" },
  { execute: "query-version", id: "version" },
  { execute: "query-machines", id: "machines" },
  { execute: "qom-list-types", arguments: { implements: "device", abstract: false }, id: "devices" },
  { execute: "query-qmp-schema", id: "schema" },
  { execute: "query-migrate-capabilities", id: "migration" },
  { execute: "qom-list-properties", arguments: { typename: "memory-backend-file" }, id: "file" },
  { execute: "qom-list-properties", arguments: { typename: "memory-backend-memfd" }, id: "memfd" },
  { execute: "qom-list-properties", arguments: { typename: "tcg-accel" }, id: "tcg" },
  { execute: "quit" },
];

interface Named {
  readonly name: string;
}
interface SchemaEntry {
  readonly name: string;
  readonly "meta-type": string;
  readonly "arg-type"?: string;
  readonly members?: readonly { readonly name: string; readonly type: string }[];
  /** Of an enum; QEMU 6.2 and later repeat them as members. */
  readonly values?: readonly string[];
}
interface Answers {
  readonly version: {
    readonly qemu: { readonly major: number; readonly minor: number; readonly micro: number };
  };
  readonly machines: readonly {
    readonly name: string;
    readonly alias?: string;
    readonly deprecated: boolean;
  }[];
  readonly devices: readonly Named[];
  readonly schema: readonly SchemaEntry[];
  readonly migration: readonly { readonly capability: string }[];
  readonly file: readonly Named[];
  readonly memfd?: readonly Named[];
  readonly tcg?: readonly Named[];
}

const names = (items: readonly Named[] | undefined): string[] =>
  (items ?? []).map((item) => item.name).sort();

/** The backends of `netdev_add`: its argument is a union whose tag `type` is an enum of them. */
function netdevs(schema: readonly SchemaEntry[]): string[] {
  const find = (name: string | undefined) => schema.find((entry) => entry.name === name);
  const command = schema.find((entry) => entry["meta-type"] === "command" && entry.name === "netdev_add");
  const tag = find(command?.["arg-type"])?.members?.find((member) => member.name === "type");
  const kinds = find(tag?.type);
  return [...(kinds?.values ?? kinds?.members?.map((member) => member.name) ?? [])].sort();
}

/** Reads QEMU's answers: one JSON object a line, in which errors and events lie between. */
export function readAnswers(output: string): Omit<QemuFeatures, "identity" | "binary"> {
  const answers: Record<string, unknown> = {};
  for (const line of output.split("\n")) {
    if (!line.trim().startsWith("{")) continue;
    const reply = parsed(line);
    if (reply.id !== undefined && reply.return !== undefined) answers[reply.id] = reply.return;
  }
  for (const needed of ["version", "machines", "devices", "schema", "migration", "file"]) {
    if (!(needed in answers))
      throw new LodgeError("host.qemu_failed", { command: needed }, { detail: output.slice(0, 2000) });
  }
  const { version, machines, devices, schema, migration, file, memfd, tcg } = answers as unknown as Answers;
  const newest = machines.find((machine) => machine.alias === "q35");
  if (!newest)
    throw new LodgeError("host.qemu_failed", { command: "query-machines" }, { detail: "It has no q35." });
  return {
    version: `${version.qemu.major}.${version.qemu.minor}.${version.qemu.micro}`,
    machine: newest.name,
    machines: names(machines.filter((machine) => machine.name.startsWith("pc-q35-"))),
    devices: names(devices),
    commands: names(schema.filter((entry) => entry["meta-type"] === "command")),
    migration: migration.map((entry) => entry.capability).sort(),
    netdevs: netdevs(schema),
    fileBackend: names(file),
    memfdBackend: names(memfd),
    tcg: names(tcg),
  };
}

function parsed(line: string): { readonly id?: string; readonly return?: unknown } {
  try {
    return JSON.parse(line) as { id?: string; return?: unknown };
  } catch (cause) {
    const detail = `half a line of ${line.length} characters`;
    throw new LodgeError("host.qemu_failed", { command: "a question" }, { cause, detail });
  }
}

/** Times that QEMU is asked: one that ends before its last answers were read from it, on a busy host, loses them. */
const attempts = 3;

async function asked(ask: () => Promise<string>): Promise<ReturnType<typeof readAnswers>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return readAnswers(await ask());
    } catch (error) {
      if (attempt === attempts || !hasCode(error, "host.qemu_failed")) throw error;
    }
  }
}

/** Where a program lies in PATH. */
async function locate(program: string): Promise<string> {
  if (program.includes("/")) return program;
  for (const folder of (process.env["PATH"] ?? "/usr/bin:/bin").split(delimiter)) {
    const found = await stat(join(folder, program)).catch(() => undefined);
    if (found?.isFile()) return join(folder, program);
  }
  throw new LodgeError("host.command_missing", { command: program, package: "qemu-system-x86" });
}

async function cached(file: string, identity: string): Promise<QemuFeatures | undefined> {
  try {
    const kept = JSON.parse(await readFile(file, "utf8")) as QemuFeatures;
    return kept.identity === identity ? kept : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What QEMU can do, from the cache file or by asking it.
 *
 * @throws LodgeError host.command_missing without QEMU; host.qemu_failed when it does not answer as expected.
 */
export async function qemuFeatures(options: {
  readonly cacheFile: string;
  readonly binary?: string;
  readonly signal?: AbortSignal;
}): Promise<QemuFeatures> {
  const binary = await locate(options.binary ?? "qemu-system-x86_64");
  const { mtimeMs, size } = await stat(binary).catch((cause: unknown) => {
    throw new LodgeError("host.command_missing", { command: binary, package: "qemu-system-x86" }, { cause });
  });
  const identity = `${binary} ${mtimeMs} ${size} ${edition}`;
  const kept = await cached(options.cacheFile, identity);
  if (kept) return kept;
  const args = ["-machine", "none", "-nodefaults", "-no-user-config", "-display", "none", "-qmp", "stdio"];
  const input = questions.map((question) => JSON.stringify(question) + "\n").join("");
  const limits = { input, timeout: 20_000, ...(options.signal && { signal: options.signal }) };
  const answers = await asked(async () => (await exec(binary, args, limits)).stdout);
  const features = { identity, binary, ...answers };
  await mkdir(dirname(options.cacheFile), { recursive: true });
  await writeFile(`${options.cacheFile}.new`, JSON.stringify(features));
  await rename(`${options.cacheFile}.new`, options.cacheFile);
  return features;
}
