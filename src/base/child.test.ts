import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { findProgram, startChild, type ChildOptions } from "./child.ts";
import { isCallable } from "./libc.ts";

const env = { PATH: "/usr/bin:/bin", GREETING: "hello" };

function shell(script: string, options: Partial<ChildOptions> = {}, args: readonly string[] = []) {
  return startChild("/bin/sh", ["-c", script, "sh", ...args], {
    env,
    hasInput: false,
    descriptors: [],
    ...options,
  });
}

async function outcome(child: ReturnType<typeof shell>) {
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr, ...(await child.ended) };
}

describe("a child process", () => {
  test("these tests start it without copying their own process", () => assert.ok(isCallable()));

  test("gets its arguments, its environment and its folder, and nothing else", async () => {
    const { stdout, status } = await outcome(
      shell('echo "$GREETING $1 $PWD"; env | wc -l', { cwd: "/usr" }, ["world"]),
    );
    assert.equal(status, 0);
    const [said, variables] = stdout.trim().split("\n");
    assert.equal(said, "hello world /usr");
    // PATH and GREETING, and the two that a shell sets itself.
    assert.ok(Number(variables) <= 4, `${variables} variables`);
  });

  test("says how it ended", async () => {
    assert.deepEqual(await outcome(shell("echo no >&2; exit 7")), {
      stdout: "",
      stderr: "no\n",
      status: 7,
      killedBy: undefined,
    });
    const { status, killedBy } = await outcome(shell("kill -TERM $$"));
    assert.deepEqual({ status, killedBy }, { status: null, killedBy: "SIGTERM" });
  });

  test("has signals as they are by default, though this process ignores some", async () => {
    const { stdout } = await outcome(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status"));
    assert.match(stdout, /SigBlk:\s+0+\nSigIgn:\s+0+\n/);
  });

  test("takes as much input as there is", async () => {
    const child = shell("wc -c", { hasInput: true });
    child.stdin!.end(Buffer.alloc(3_000_000, 1));
    assert.equal((await outcome(child)).stdout.trim(), "3000000");
  });

  test("is waited for, also when it has closed its output", async () => {
    const { status } = await outcome(shell("exec >&- 2>&-; sleep 0.2; exit 3"));
    assert.equal(status, 3);
  });

  test("can be killed, and is no more to be killed once it has ended", async () => {
    const child = shell("exec sleep 60");
    child.kill("SIGKILL");
    assert.equal((await outcome(child)).killedBy, "SIGKILL");
    child.kill("SIGKILL");
  });

  test("inherits descriptors in their order, whatever numbers they have here", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "lodge-child-"));
    t.after(() => rm(folder, { recursive: true }));
    const files = ["one", "two", "three"].map((name) => join(folder, name));
    for (const file of files) writeFileSync(file, `${file.split("/").at(-1)} `);
    const descriptors = files.map((file) => openSync(file, "r")).toReversed();
    try {
      const { stdout } = await outcome(shell("cat <&3; cat <&4; cat <&5", { descriptors }));
      assert.equal(stdout, "three two one ");
    } finally {
      for (const fd of descriptors) closeSync(fd);
    }
  });

  test("inherits nothing that it is not given", async () => {
    const fd = openSync("/proc/version", "r");
    try {
      assert.doesNotMatch((await outcome(shell("ls -l /proc/self/fd"))).stdout, /version/);
    } finally {
      closeSync(fd);
    }
  });

  test("leaves nothing behind here", async () => {
    await outcome(shell("true"));
    const before = countDescriptors();
    for (let i = 0; i < 20; i++) await outcome(shell("echo x"));
    assert.equal(countDescriptors(), before);
  });

  test("that cannot be started says why", () => {
    assert.throws(() => startChild("/etc/passwd", [], { env, hasInput: false, descriptors: [] }), {
      code: "EACCES",
    });
    assert.throws(() => shell("true", { cwd: "/nowhere" }), { code: "ENOENT" });
    assert.equal(findProgram("no-such-program", env.PATH), undefined);
    assert.equal(findProgram("sh", env.PATH), "/usr/bin/sh");
  });
});

const countDescriptors = (): number => readdirSync("/proc/self/fd").length;
