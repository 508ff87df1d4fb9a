import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { listFiles, readFile, type Inside } from "./files.ts";

const { signal } = new AbortController();
const failed = (error: unknown) => hasCode(error, "desktop.file");

/** What an agent that says this has in its guest. */
const saying = (...said: string[]): Inside => ({
  user: "debian",
  agent: {
    exec: async () => ({
      stdin: new PassThrough(),
      stdout: Readable.from(said.map((piece) => Buffer.from(piece))),
      stderr: Readable.from([]),
      resize: () => undefined,
      kill: () => undefined,
      exit: Promise.resolve({ code: 0 }),
    }),
  },
});

describe("files out of a desktop", () => {
  let home = "";
  /** Runs in this folder what would run in the guest's home. */
  const inside: Inside = {
    user: "debian",
    agent: {
      exec: async ({ argv, user }) => {
        assert.equal(user, "debian");
        const child = spawn(argv[0]!, argv.slice(1), { cwd: "/", env: { HOME: home } });
        const { stdin, stdout, stderr } = child;
        const exit = new Promise<{ code: number }>((resolve) =>
          child.once("exit", (code) => resolve({ code: code ?? 128 })),
        );
        return { stdin, stdout, stderr, exit, resize: () => undefined, kill: () => undefined };
      },
    },
  };
  const read = async (from: Inside, name: string) => {
    const { size, stream } = await readFile(from, name, signal);
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) pieces.push(piece);
    return { size, text: Buffer.concat(pieces).toString() };
  };

  before(async () => {
    home = await mkdtemp(join(tmpdir(), "lodge-files-"));
    await mkdir(join(home, "Downloads", "folder"), { recursive: true });
    await writeFile(join(home, "Downloads", "old.txt"), "long ago");
    await utimes(join(home, "Downloads", "old.txt"), 1_000, 1_000);
    await writeFile(join(home, "Downloads", 'a "strange"\nname ü.txt'), "x".repeat(200_000));
    await writeFile(join(home, "secret"), "nobody's");
    await symlink("../secret", join(home, "Downloads", "link"));
  });
  after(() => rm(home, { recursive: true }));

  it("are those in the downloads, the newest first, and nothing that leads elsewhere", async () => {
    const files = await listFiles(inside, signal);
    assert.deepEqual(
      files.map(({ name, size }) => [name, size]),
      [
        ['a "strange"\nname ü.txt', 200_000],
        ["old.txt", 8],
      ],
    );
    assert.equal(files[1]!.modifiedAt, "1970-01-01T00:16:40.000Z");
  });

  it("come as they are", async () => {
    assert.deepEqual(await read(inside, "old.txt"), { size: 8, text: "long ago" });
    assert.equal((await read(inside, 'a "strange"\nname ü.txt')).text.length, 200_000);
  });

  it("are none where there is no such file, or it is a folder or leads elsewhere", async () => {
    for (const name of ["nothing", "folder", "link", ".."])
      await assert.rejects(readFile(inside, name, signal), failed, name);
  });

  it("lie where the desktop's user has his downloads", async () => {
    await mkdir(join(home, ".config"));
    await mkdir(join(home, "Geladen"));
    await writeFile(join(home, "Geladen", "neu.txt"), "da");
    await writeFile(join(home, ".config", "user-dirs.dirs"), 'XDG_DOWNLOAD_DIR="$HOME/Geladen"\n');
    assert.deepEqual(
      (await listFiles(inside, signal)).map(({ name }) => name),
      ["neu.txt"],
    );
    assert.equal((await read(inside, "neu.txt")).text, "da");
    await rm(join(home, ".config"), { recursive: true });
  });

  it("are no more than was said of them, whatever a guest says", async () => {
    assert.deepEqual(await read(saying("5\nhel", "lo and more"), "a"), { size: 5, text: "hello" });
    assert.deepEqual(await read(saying("0\nmore"), "a"), { size: 0, text: "" });
    await assert.rejects(read(saying("5\nhel"), "a"), failed);
    for (const said of ["", "-1\n", "9999999999999999\n", "x".repeat(100)])
      await assert.rejects(readFile(saying(said), "a", signal), failed, said);
    const names = await listFiles(saying("5 1 fine\0", "5 1 ../up\0", "nonsense\0", "1e9 1 x\0"), signal);
    assert.deepEqual(
      names.map(({ name }) => name),
      ["fine"],
    );
    await assert.rejects(listFiles(saying("x".repeat(600_000), "x".repeat(600_000)), signal), failed);
  });
});
