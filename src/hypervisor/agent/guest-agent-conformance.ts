/** What every agent must do the same, whichever it is: run against each implementation, and in guests. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { after, before, describe, it, type TestContext } from "node:test";
import { create, extract } from "tar";
import { hasCode } from "#contract/errors";
import type { GuestAgent } from "./guest-agent.ts";

interface Output {
  readonly exit: { readonly code: number; readonly signal?: string };
  readonly stdout: string;
  readonly stderr: string;
}

/** `open` gives an agent, and a folder where it is that a test may write to. */
export function guestAgentConformance(
  name: string,
  open: (t: TestContext) => Promise<{ agent: GuestAgent; folder: string }>,
): void {
  const timeout = 30_000;
  const sh = async (agent: GuestAgent, script: string, input = "", env = {}): Promise<Output> => {
    const command = await agent.exec({ argv: ["sh", "-c", script, "sh", "a b", ""], env }, { timeout });
    command.stdin.end(input);
    const [exit, stdout, stderr] = await Promise.all([
      command.exit,
      text(command.stdout),
      text(command.stderr),
    ]);
    return { exit, stdout, stderr };
  };

  describe(`${name}, as every agent`, () => {
    let scratch = "";
    before(async () => {
      scratch = await mkdtemp(join(tmpdir(), "lodge-agents-"));
    });
    after(() => rm(scratch, { recursive: true, force: true }));

    it("runs a command with its words, input and variables, and gives its output, errors and code", async (t) => {
      const { agent } = await open(t);
      const script = 'cat; printf "%s|" "$@" "$V" "${PATH:+path}"; echo bad >&2; exit 7';
      const output = await sh(agent, script, "in\n", { V: "x=y ü" });
      assert.deepEqual(output, { exit: { code: 7 }, stdout: "in\na b||x=y ü|path|", stderr: "bad\n" });
    });

    it("says by which signal a command ended", async (t) => {
      const { agent } = await open(t);
      assert.deepEqual((await sh(agent, "kill -9 $$")).exit, { code: 128, signal: "SIGKILL" });
    });

    it("says that there is no such command", async (t) => {
      const { agent } = await open(t);
      const attempt = async () => {
        const command = await agent.exec({ argv: ["no-such-command"] }, { timeout });
        command.stdin.end();
        await command.exit;
      };
      await assert.rejects(attempt, (error) => hasCode(error, "agent.command_not_found"));
      assert.equal(await agent.run(["sh", "-c", "exit 3"], { timeout }), 3);
    });

    it("carries every byte, for several commands at once", async (t) => {
      const { agent } = await open(t);
      const contents = [1, 70_000, 1_500_000].map((size) => randomBytes(size));
      const outputs = contents.map(async (content) => {
        const command = await agent.exec({ argv: ["cat"] }, { timeout });
        command.stdin.end(content);
        command.stderr.resume();
        const output = await buffer(command.stdout);
        assert.deepEqual(await command.exit, { code: 0 });
        return output;
      });
      for (const [at, output] of (await Promise.all(outputs)).entries()) {
        assert.ok(output.equals(contents[at]!), `${output.length} bytes of ${contents[at]!.length}`);
      }
    });

    it("takes a folder in and gives it out as it was", async (t) => {
      const { agent, folder } = await open(t);
      const content = randomBytes(2_000_000);
      await mkdir(join(scratch, "in/a folder/empty"), { recursive: true });
      await writeFile(join(scratch, "in/a folder/big"), content, { mode: 0o640 });
      await symlink("big", join(scratch, "in/a folder/link"));
      const archive = create({ cwd: join(scratch, "in"), portable: true }, ["a folder"]);
      await agent.unpack(folder, Readable.from(archive, { objectMode: false }), { timeout });
      const inside = `cd '${folder}/a folder' && ls -A && readlink link && stat -c %a big && sha256sum <big`;
      const sum = createHash("sha256").update(content).digest("hex");
      assert.equal((await sh(agent, inside)).stdout, `big\nempty\nlink\nbig\n640\n${sum}  -\n`);

      await mkdir(join(scratch, "out"));
      await writeFile(join(scratch, "out.tar"), await agent.pack(`${folder}/a folder`, { timeout }));
      await extract({ file: join(scratch, "out.tar"), cwd: join(scratch, "out") });
      assert.ok((await readFile(join(scratch, "out/a folder/link"))).equals(content));
    });

    it("says which file it cannot use", async (t) => {
      const { agent, folder } = await open(t);
      const refused = (error: unknown) => hasCode(error, "agent.file");
      await assert.rejects(async () => {
        for await (const part of await agent.pack(`${folder}/none`, { timeout })) void part;
      }, refused);
      const archive = () => Readable.from([Buffer.alloc(1024)], { objectMode: false });
      await assert.rejects(agent.unpack(`${folder}/none`, archive(), { timeout }), refused);
    });

    it("fails a copy whose content breaks off, and works on", async (t) => {
      const { agent, folder } = await open(t);
      const broken = async function* () {
        yield Buffer.alloc(1024);
        throw new TypeError("the client went away");
      };
      const content = Readable.from(broken(), { objectMode: false });
      await assert.rejects(agent.unpack(folder, content, { timeout }), TypeError);
      assert.equal((await sh(agent, "echo on")).stdout, "on\n");
    });

    it("gives up by its signal, and works on", async (t) => {
      const { agent } = await open(t);
      const signal = AbortSignal.timeout(50);
      await assert.rejects(agent.run(["sleep", "2"], { timeout, signal }), { name: "TimeoutError" });
      assert.equal((await sh(agent, "echo on")).stdout, "on\n");
    });

    it("says that nothing listens on a port, or that it cannot connect to any", async (t) => {
      const { agent } = await open(t);
      const said = (error: unknown) => hasCode(error, "port.refused", "agent.unsupported");
      await assert.rejects(agent.connect(1, { timeout }), said);
      assert.equal((await sh(agent, "echo on")).stdout, "on\n");
    });

    it("tells facts", async (t) => {
      const { agent } = await open(t);
      const facts = await agent.facts({ timeout });
      assert.equal(facts.hostname, (await sh(agent, "uname -n")).stdout.trim());
      assert.equal(facts.kernel, (await sh(agent, "uname -r")).stdout.trim());
      assert.ok(facts.uptime! > 0 && facts.memoryTotal! > facts.memoryAvailable!);
      assert.ok(facts.addresses.includes("127.0.0.1/8"), String(facts.addresses));
      assert.notEqual(facts.os, "");
    });
  });
}
