import { stat } from "node:fs/promises";
import { basename, join, posix, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { LodgeError } from "#contract/errors";
import { command } from "../command.ts";
import type { Context } from "../context.ts";
import { fileError } from "../paths.ts";
import { createProgress } from "../progress.ts";
import { formatSize } from "../values.ts";
import { counted, pack, unpack } from "../archive.ts";

export const cp = command({
  operands: [
    { name: "FROM", many: true, complete: "file" },
    { name: "TO", complete: "file" },
  ],
  options: {},
  about: `One side is GUEST:PATH, with an absolute path; the other lies on this computer. Folders are copied whole.
    As with cp: where TO is a folder the copy goes into it, else TO is the copy's name. Times and permissions are
    kept; owners are not. A link that is named is followed; links in a folder stay as they are.

    With QEMU's guest agent (an image imported with --agent qemu) what is copied lies as an archive in the guest's
    /var/tmp or /tmp for the time, which needs as much room there.`,
  examples: [
    ["lodge cp web:/etc/hosts .", "a file out of the guest"],
    ["lodge cp ./site web:/srv", "a folder into the guest, as /srv/site"],
    ["lodge cp a.txt b.txt web:/tmp", "several files"],
    ["lodge cp web:/var/log logs", "a folder under another name"],
  ],
  async run({ operands }, context) {
    const to = place(operands.at(-1) ?? "");
    const from = operands.slice(0, -1).map(place);
    for (const source of from) {
      if ((source.guest === undefined) === (to.guest === undefined)) {
        const reason = "One side has to be GUEST:PATH, and the other a path on this computer";
        throw new LodgeError("api.usage", { reason, command: context.name });
      }
    }
    for (const source of from) {
      if (to.guest === undefined) await copyOut(context, source, to.path, from.length > 1);
      else await copyIn(context, source.path, to, from.length > 1);
    }
  },
});

interface Place {
  readonly guest: string | undefined;
  readonly path: string;
}

/** "web:/etc" is in a guest; "./a:b" and "/a:b" are not. */
function place(text: string): Place {
  const match = /^([a-z0-9][a-z0-9-]*):(.*)$/s.exec(text);
  if (!match) return { guest: undefined, path: text };
  const path = match[2] ?? "";
  if (!path.startsWith("/")) {
    throw new LodgeError("api.invalid", { field: text, reason: "a path in a guest begins with /" });
  }
  const normal = posix.normalize(path);
  return { guest: match[1], path: normal.length > 1 ? normal.replace(/\/$/, "") : normal };
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function copyOut(context: Context, source: Place, to: string, several: boolean): Promise<void> {
  const into = await isFolder(to);
  if (!into && (several || to.endsWith("/"))) {
    throw new LodgeError("cli.file", { path: to, reason: "there is no such folder" });
  }
  const name = posix.basename(source.path) || source.guest || "";
  const target = into ? join(to, name) : to;
  await watched(context, `${source.guest}:${source.path}`, async (count) => {
    const content = await context.client.fileOut(source.guest ?? "", await realGuestPath(context, source));
    await unpack(content.pipe(count), resolve(target));
  });
}

async function copyIn(context: Context, path: string, to: Place, several: boolean): Promise<void> {
  await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const into = await isGuestFolder(context, to);
  if (!into && several) {
    throw new LodgeError("agent.file", { path: to.path, reason: "there is no such folder" });
  }
  const folder = into ? to.path : posix.dirname(to.path);
  const name = into ? basename(resolve(path)) : posix.basename(to.path);
  await watched(context, path, async (count) => {
    await context.client.fileIn(to.guest ?? "", folder, (await pack(resolve(path), name)).pipe(count));
  });
}

const isGuestFolder = async (context: Context, { guest = "", path }: Place): Promise<boolean> =>
  (await ask(context, guest, ["test", "-d", path])).code === 0;

/** As with cp: a link that was named is followed, and those in a folder stay links. */
async function realGuestPath(context: Context, { guest = "", path }: Place): Promise<string> {
  const { code, said } = await ask(context, guest, ["readlink", "-f", "--", path]);
  return code === 0 && said.startsWith("/") ? said.replace(/\n$/, "") : path;
}

async function ask(
  { client }: Context,
  guest: string,
  argv: string[],
): Promise<{ code: number; said: string }> {
  const command = await client.exec(guest, { argv });
  command.stdin.end();
  command.stderr.resume();
  const said = await text(command.stdout);
  return { code: (await command.exit).code, said };
}

/** Shows how much was copied while it is, to somebody who looks. */
async function watched(
  { terminal }: Context,
  label: string,
  copy: (count: ReturnType<typeof counted>) => Promise<void>,
): Promise<void> {
  if (!terminal.stderr.isTTY) return copy(counted(() => undefined));
  const progress = createProgress(terminal, label);
  try {
    await copy(counted((bytes) => progress.update(formatSize(bytes))));
  } finally {
    progress.end();
  }
}
