/**
 * qemu-img on files that a user sent or a guest's process wrote: in a cell that has those files and no others, so that
 * whatever their headers name, or make of qemu-img itself, is not there.
 */
import { resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { commandMissing, type ExecResult } from "#base/exec";
import { execTool, toolCommand, type Tool, type ToolCommand } from "../cell/tool.ts";
import type { Key } from "./keyed.ts";

export interface ImageFiles {
  /** What it reads: the image and all that this stands on. */
  readonly read?: readonly string[];
  /** What it writes, which is there already. */
  readonly write?: readonly string[];
  /** What it opens encrypted ones with: each a `secret` of this name. */
  readonly keys?: readonly Key[];
}

/** 16 TiB, and what a format needs for itself. */
const largestFile = 2 ** 44 + 2 ** 36;
/** A compressed image of hundreds of gigabytes takes hours. */
const cpu = 6 * 3600;

/** The passphrases themselves are in no argument. */
const withSecrets =
  ([command = "", ...args]: readonly string[], keys: readonly Key[]) =>
  (files: readonly string[]): string[] => [
    command,
    ...keys.flatMap(({ id }, at) => ["--object", `secret,id=${id},file=${files[at]}`]),
    ...args,
  ];

const tool = (args: readonly string[], { read = [], write = [], keys = [] }: ImageFiles): Tool => ({
  program: "qemu-img",
  args: withSecrets(args, keys),
  data: keys.map(({ data }) => data),
  read: read.map((path) => resolve(path)),
  write: write.map((path) => resolve(path)),
  limits: { memory: 2 ** 31, cpu, file: largestFile },
});

/** @throws LodgeError host.command_failed, host.command_missing, host.cell_unavailable */
export const qemuImg = (args: readonly string[], files: ImageFiles): Promise<ExecResult> =>
  execTool(tool(args, files));

/** How it is started, for who reads what it says as it comes. */
export const qemuImgCommand = (args: readonly string[], files: ImageFiles): Promise<ToolCommand> =>
  toolCommand(tool(args, files));

export const qemuImgMissing = (cause: unknown): LodgeError => commandMissing("qemu-img", cause);
