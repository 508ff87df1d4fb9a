/** Can a program that reads what users gave reach anything of the host but that, once it does what they want? */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { hasCode } from "#contract/errors";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { retry } from "#base/retry";
import { convert } from "#hypervisor/disk/convert";
import { createOverlay } from "#hypervisor/disk/create";
import { execTool, type ToolLimits } from "#hypervisor/cell/tool";
import { attack } from "../attack.ts";
import { qcow2 } from "./hostile-images.ts";

const usual: ToolLimits = { memory: 2 ** 31, cpu: 20, file: 2 ** 30 };

describe("a tool that was taken over by what it reads", () => {
  let folder: string;
  let secret: string;
  let own: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-tools-"));
    secret = join(folder, "secret");
    own = join(folder, "own");
    await writeFile(secret, "canary of the host's\n".repeat(4096));
    await writeFile(own, "its own\n");
  });
  after(() => rm(folder, { recursive: true }));

  /** Perl is on every Debian, and asks the kernel for whatever it is told to. */
  const perl = (script: string, limits: Partial<ToolLimits> = {}, write: readonly string[] = []) =>
    execTool({
      program: "perl",
      args: ["-e", script],
      read: [own],
      write,
      limits: { ...usual, ...limits },
    });
  /** What the script prints, in a cell like qemu-img's. */
  const said = async (script: string): Promise<string> => (await perl(script)).stdout.trim();
  const errno = (call: string) =>
    said(`$! = 0; my $r = ${call}; print defined $r && $r != -1 && $r ? "done" : "$!"`);

  attack("it reads another file of the folder that its own file is in", async () => {
    assert.equal(await said(`open(F, "<", "${own}") or die; print <F>`), "its own");
    assert.equal(await errno(`open(F, "<", "${secret}")`), "No such file or directory");
  });

  attack("it writes to a file that it was given to read", async () => {
    assert.equal(await errno(`open(F, ">>", "${own}")`), "Read-only file system");
    assert.equal(await readFile(own, "utf8"), "its own\n");
  });

  attack("it reads the host's accounts and passwords", async () => {
    for (const path of ["/etc/passwd", "/etc/shadow", "/root", "/home", "/var", "/sys"])
      assert.equal(await errno(`open(F, "<", "${path}")`), "No such file or directory", path);
  });

  attack("it looks at the host's processes", async () => {
    assert.equal(await errno(`opendir(D, "/proc")`), "No such file or directory");
    assert.equal(await said("print getppid()"), "0");
  });

  attack("it ends a process of the host", async () => {
    assert.equal(await errno(`kill("TERM", ${process.pid})`), "No such process");
  });

  attack("it connects to a server on the host", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as { port: number };
      const call = `do { socket(S, 2, 1, 0) or die; connect(S, pack("S n a4 x8", 2, ${port}, "\\x7f\\0\\0\\1")) }`;
      assert.equal(await errno(call), "Connection refused");
    } finally {
      server.close();
    }
  });

  attack("it opens a connection by another kind of network (vsock, packets, netlink)", async () => {
    for (const family of [40, 17, 16])
      assert.match(await errno(`socket(S, ${family}, 2, 0)`), /not supported|not permitted/);
  });

  attack("it mounts something, or leaves for other namespaces", async () => {
    // mount(2), unshare(2), setns(2), pivot_root(2), chroot(2)
    for (const [number, args] of [
      [165, `my $a = "none", my $b = "/", my $c = "tmpfs", 0, 0`],
      [272, "0x10000000"],
      [308, "0, 0"],
      [155, `my $a = "/", my $b = "/"`],
      [161, `my $a = "/"`],
    ] as const)
      assert.equal(await errno(`syscall(${number}, ${args})`), "Operation not permitted", String(number));
  });

  attack("it makes a device of the host's disk", async () => {
    assert.equal(await errno(`syscall(133, my $a = "/dev/null2", 060666, 0x100)`), "Operation not permitted");
  });

  attack("it opens a file by its handle, past every root", async () => {
    assert.equal(await errno(`syscall(304, -100, my $a = "x" x 64, 0)`), "Operation not permitted");
  });

  attack("it gains a user or a capability by a program that has it", async () => {
    assert.equal(await said(`print syscall(157, 39, 0, 0, 0, 0)`), "1", "no_new_privs");
  });

  attack("it takes more memory than it may", async () => {
    await assert.rejects(perl(`my $x = "x" x (3 * 2**30)`), (error) => hasCode(error, "host.command_failed"));
  });

  attack("it never ends", async () => {
    await assert.rejects(perl("1 while 1", { cpu: 1 }), (error) => hasCode(error, "host.command_failed"));
  });

  attack("it fills the disk with its one file", async () => {
    const target = join(folder, "target");
    await writeFile(target, "");
    const script = `open(F, ">", "${target}") or die; $SIG{XFSZ} = "IGNORE"; syswrite(F, "x" x 2**20) or exit 7 while 1`;
    await assert.rejects(perl(script, { file: 2 ** 22 }, [target]), (error) =>
      hasCode(error, "host.command_failed"),
    );
    assert.equal((await stat(target)).size, 2 ** 22);
  });

  attack("it makes files beside its own", async () => {
    const before = await readdir(folder);
    assert.equal(await errno(`open(F, ">", "${join(folder, "new")}")`), "Read-only file system");
    assert.deepEqual(await readdir(folder), before);
  });

  attack("it says so much that the daemon has no memory left", async () => {
    await assert.rejects(perl(`print "x" x 2**20 while 1`), (error) => hasCode(error, "host.command_failed"));
  });

  attack("it lives on when the daemon has ended", async () => {
    const mark = `lodge-tool-${process.pid}`;
    const own = `import { execTool } from "#hypervisor/cell/tool";
      await execTool({ program: "perl", args: ["-e", "sleep 1000", "${mark}"], read: [], limits: ${JSON.stringify(usual)} });`;
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", "--experimental-ffi"];
    const dies = exec("timeout", ["-s", "KILL", "3", ...node, "--input-type=module", "-e", own], {
      cwd: join(import.meta.dirname, "../../.."),
    });
    await assert.rejects(dies, (error) => hasCode(error, "host.command_failed"));
    const look = async () => {
      const { stdout } = await exec("ps", ["-eo", "args"]);
      const left = stdout.split("\n").filter((line) => /^\S*perl /.test(line) && line.includes(mark));
      assert.deepEqual(left, []);
    };
    // The kernel ends one after the other.
    await retry(look, { clock: systemClock, first: 5, longest: 100, timeout: 10_000 });
  });

  attack("qemu-img follows a backing file that nobody looked for", async () => {
    const [hostile, target] = [join(folder, "hostile.qcow2"), join(folder, "out.raw")];
    await writeFile(hostile, qcow2({ backing: secret, virtualSize: 65_536n }));
    await assert.rejects(convert(hostile, "qcow2", target, "raw"), { code: "host.command_failed" });
    assert.equal((await readdir(folder)).includes("out.raw"), false);
  });

  attack("qemu-img follows a VMDK's parent that nobody looked for", async () => {
    const [hostile, target] = [join(folder, "hostile.vmdk"), join(folder, "out.raw")];
    const parent = join(folder, "parent.vmdk");
    await exec("qemu-img", ["create", "-q", "-f", "vmdk", parent, "1M"]);
    await exec("qemu-img", ["create", "-q", "-f", "vmdk", "-b", parent, "-F", "vmdk", hostile]);
    await assert.rejects(convert(hostile, "vmdk", target, "raw"), (error) => {
      assert.ok(hasCode(error, "host.command_failed"));
      assert.match(error.detail ?? "", /parent\.vmdk.*No such file/);
      return true;
    });
  });

  attack(
    "a guest's process writes the name of a host's file into its own layer, and asks for an image",
    async () => {
      const [layer, target] = [join(folder, "layer.qcow2"), join(folder, "image.raw")];
      const base = join(folder, "base.raw");
      await writeFile(base, Buffer.alloc(65_536));
      await createOverlay(layer, { backing: base, backingFormat: "raw" });
      await exec("qemu-img", ["rebase", "-u", "-f", "qcow2", "-b", secret, "-F", "raw", layer]);
      await assert.rejects(convert(layer, "qcow2", target, "raw", { below: [base] }), {
        code: "host.command_failed",
      });
    },
  );

  attack("a new layer is made over one whose header names a file of the host", async () => {
    const [below, over] = [join(folder, "below.qcow2"), join(folder, "over.qcow2")];
    await writeFile(below, qcow2({ backing: secret, virtualSize: 1n << 20n }));
    await chmod(secret, 0o000);
    try {
      // Nothing of what is below is opened: it would be by root, whom no mode keeps out.
      const before = (await stat(secret)).atimeMs;
      await createOverlay(over, { backing: below, backingFormat: "qcow2" });
      assert.equal((await stat(secret)).atimeMs, before);
      assert.ok((await stat(over)).size > 0);
    } finally {
      await chmod(secret, 0o600);
    }
  });
});
