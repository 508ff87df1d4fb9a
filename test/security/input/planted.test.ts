/** Does Lodge follow what another put where it reads or writes: a link, a pipe, somebody else's folder or socket? */
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe } from "node:test";
import { exec } from "#base/exec";
import { checkRun, homePaths, prepareRun } from "#base/home";
import { readOwn } from "#base/own-file";
import { connectOwn } from "#base/own-socket";
import { endProcess } from "#base/process";
import { copyTpm } from "#domain/guest/snapshot/tpm-copy";
import { mediumPath } from "#domain/template/run";
import { findCells } from "#hypervisor/cell/host";
import { copyIn } from "#hypervisor/image/take-in";
import { startTpm } from "#hypervisor/tpm/swtpm";
import { attack } from "../attack.ts";

const stranger = 0x7fee_0003;

describe("what another has put there", () => {
  let root = "";
  let folder = "";
  let secret = "";
  before(() => (root = mkdtempSync(join(tmpdir(), "lodge-planted-"))));
  after(() => rmSync(root, { recursive: true }));
  beforeEach(() => {
    folder = mkdtempSync(join(root, "x-"));
    secret = join(folder, "secret");
    writeFileSync(secret, "mine", { mode: 0o600 });
  });

  attack("a link in the place of a picture that QEMU was to write", async () => {
    symlinkSync(secret, join(folder, "picture.png"));
    await assert.rejects(readOwn(join(folder, "picture.png"), 1000), { code: "ELOOP" });
  });

  attack("a pipe in that place, which nobody writes to", async () => {
    await exec("mkfifo", [join(folder, "picture.png")]);
    await assert.rejects(readOwn(join(folder, "picture.png"), 1000), { code: "host.file_untrusted" });
  });

  attack("a link in the place of QEMU's monitor, which leads to another's", async () => {
    const server = createServer(() => assert.fail("it was connected to"));
    await new Promise<void>((resolve) => server.listen(join(folder, "other"), resolve));
    symlinkSync(join(folder, "other"), join(folder, "qmp"));
    const socket = connectOwn(join(folder, "qmp"));
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once("error", resolve));
    assert.equal(error.code, "ECONNREFUSED");
    server.close();
  });

  attack("a folder for sockets that somebody else made first", () => {
    const paths = homePaths(join(folder, "home"));
    mkdirSync(paths.run, { recursive: true });
    chownSync(paths.run, stranger, stranger);
    assert.throws(() => checkRun(paths, 0), { code: "api.folder_unsafe" });
    assert.throws(() => prepareRun(paths, 0), { code: "api.folder_unsafe" });
  });

  attack("a folder for sockets that everybody may write to", () => {
    const paths = homePaths(join(folder, "home"));
    mkdirSync(paths.run, { recursive: true });
    chmodSync(paths.run, 0o777);
    assert.throws(() => checkRun(paths, 0), { code: "api.folder_unsafe" });
  });

  attack("a link in a TPM's folder, which a copy of the TPM would take along", async () => {
    const [from, to] = [join(folder, "tpm"), join(folder, "copy")];
    mkdirSync(from);
    symlinkSync(secret, join(from, "tpm2-00.permall"));
    await copyTpm(from, to);
    assert.ok(lstatSync(join(to, "tpm2-00.permall")).isSymbolicLink(), "what it leads to was copied");
  });

  attack("a link in a TPM's folder, by which another file would be given away", async () => {
    const own = join(folder, "guests/g0");
    mkdirSync(join(own, "tpm"), { recursive: true });
    symlinkSync(secret, join(own, "tpm/planted"));
    const cell = { host: await findCells("qemu-system-x86_64"), user: stranger };
    const place = { guests: join(folder, "guests"), folder: join(own, "tpm"), log: join(own, "qemu.log") };
    const { process } = await startTpm({ ...place, cell });
    await endProcess(process);
    assert.deepEqual([statSync(secret).uid, statSync(secret).mode & 0o777], [0, 0o600]);
  });

  attack("a pipe or a device in the place of an image's file", async () => {
    mkdirSync(join(folder, "work"));
    await exec("mkfifo", [join(folder, "pipe")]);
    const work = {
      folder: join(folder, "work"),
      signal: new AbortController().signal,
      progress: () => undefined,
    };
    for (const path of [join(folder, "pipe"), "/dev/zero", folder]) {
      const copied = copyIn({ room: async () => 1 }, path, join(work.folder, "import"), work);
      await assert.rejects(copied, { code: "image.unreadable" });
    }
    assert.deepEqual(readdirSync(work.folder), []);
  });

  attack("the host's own disk in the place of an ISO", async () => {
    for (const path of ["/dev/zero", "/dev/mem", "/proc/kcore", folder].filter((each) => existsSync(each)))
      await assert.rejects(mediumPath({ store: {} as never }, path, "default"), (error: { code?: string }) =>
        ["image.unreadable", "image.unknown_format"].includes(error.code ?? ""),
      );
    assert.equal(readFileSync(secret, "utf8"), "mine");
  });
});
