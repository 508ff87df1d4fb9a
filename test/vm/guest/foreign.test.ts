/** What is possible in a guest whose image was made elsewhere: with QEMU's guest agent, and with none? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import type { HomePaths } from "#base/home";
import type { Schemas } from "#contract/schemas";
import type { Store } from "#durable/store/store";
import { run as runCommand } from "../../cli/lodge.ts";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";
import { addTinyImage } from "../furnish.ts";

let lodge: TestLodge;
let scratch = "";
before(async () => {
  scratch = await mkdtemp("/tmp/lodge-vm-scratch-");
  const prepare = async (store: Store, paths: HomePaths) => {
    await addTinyImage(store, paths, "foreign", "qemu");
    await addTinyImage(store, paths, "mute", "none");
  };
  lodge = await TestLodge.start(undefined, { prepare });
});
after(async () => {
  await rm(scratch, { recursive: true, force: true });
  await lodge?.[Symbol.asyncDispose]();
});

const command = (words: readonly string[], input?: string) =>
  runCommand(words, { env: { LODGE_HOME: lodge.home }, ...(input === undefined ? {} : { input }) });

/** Makes a guest, and gives what `run` was told. */
async function make(body: Schemas["GuestCreate"]) {
  const { result } = await lodge.done(
    lodge.client.call("guestCreate", { body: { memory: tinyMemory, ...body } }),
  );
  return result as { guest: Schemas["Guest"]; warning?: string };
}

const act = (route: "guestStart" | "guestSuspend", guest: string) =>
  lodge.done(lodge.client.call(route, { params: { guest } }));
const stop = (guest: string) =>
  lodge.done(lodge.client.call("guestStop", { params: { guest }, body: { timeout: 60 } }));

async function serialLog(guest: string): Promise<string> {
  return String(await lodge.client.call("guestLogs", { params: { guest } }));
}

describe("a guest with QEMU's guest agent", () => {
  /** Types a line at the guest's console, and waits until it was obeyed. */
  async function type(line: string): Promise<void> {
    const console: Duplex = await lodge.client.console("f", { scrollback: 0 });
    console.on("error", () => undefined);
    const mark = randomBytes(4).toString("hex");
    console.write(`${line}; echo done''-${mark}\n`);
    let seen = "";
    for await (const bytes of console) {
      seen += String(bytes);
      if (seen.includes(`done-${mark}`)) return;
    }
  }

  it("boots, and is ready when its agent answers", async () => {
    const { guest, warning } = await make({ image: "foreign", name: "f", memory: 256 * MiB });
    assert.equal(warning, undefined);
    assert.deepEqual([guest.origin.how, guest.agent], ["boot", "qemu"]);
    assert.match(guest.origin.reason ?? "", /no Lodge agent/);
    const first = await lodge.client.exec("f", { argv: ["true"], agentTimeout: 5 });
    first.stdin.end();
    assert.deepEqual(await first.exit, { code: 0 });
  });

  it("runs commands, with input, output, errors, variables and their code", async () => {
    const script = 'cat; echo "$A"; echo bad >&2; exit 5';
    const { ended } = command(["exec", "-e", "A=b", "f", "--", "sh", "-c", script], "in\n");
    assert.deepEqual(await ended, { code: 5, stdout: "in\nb\n", stderr: "bad\n" });
    assert.equal((await command(["exec", "f", "--", "no-such-command"]).ended).code, 127);
  });

  it("refuses what its agent cannot do, and names the console", async () => {
    for (const options of [
      ["-u", "guest"],
      ["-w", "/tmp"],
    ]) {
      const { code, stderr } = await command(["exec", ...options, "f", "--", "true"]).ended;
      assert.equal(code, 125);
      assert.match(stderr, /cannot run a command[^]*lodge console f/);
    }
    const tty = { rows: 24, cols: 80, term: "xterm" };
    await assert.rejects(lodge.client.exec("f", { argv: [], tty }), { code: "agent.unsupported" });
    const fork = lodge.client.call("guestFork", { params: { guest: "f" }, body: {} });
    await assert.rejects(lodge.done(fork), { code: "guest.not_forkable" });
  });

  it("gives all that its agent keeps of an output, and takes no more input than that", async () => {
    const output = await command(["exec", "f", "--", "sh", "-c", "tr '\\0' x </dev/zero | head -c 20000000"])
      .ended;
    assert.deepEqual([output.code, output.stdout.length], [125, 16 * MiB]);
    assert.match(output.stderr, /kept no more of it[^]*lodge cp/);
    const input = await command(["exec", "f", "--", "wc", "-c"], "x".repeat(16 * MiB)).ended;
    assert.deepEqual(input, { code: 0, stdout: `${16 * MiB}\n`, stderr: "" });
    const more = await command(["exec", "f", "--", "wc", "-c"], "x".repeat(16 * MiB + 1)).ended;
    assert.deepEqual([more.code, more.stdout], [125, ""]);
    assert.match(more.stderr, /at most 16 MiB of input[^]*lodge cp/);
  });

  it("runs on with a command that was interrupted, which can be ended as is said", async () => {
    const running = command(["exec", "f", "--", "sleep", "4321"]);
    const find =
      "for p in /proc/[0-9]*; do grep -q ^sleep.4321 $p/cmdline 2>/dev/null && echo ${p#/proc/}; done";
    let pid = "";
    while (pid === "") pid = await lodge.sh("f", `${find}; true`);
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    assert.equal(code, 125);
    assert.match(stderr, new RegExp(`lodge exec f -- kill ${pid}\\b`));
    assert.equal(await lodge.sh("f", `${find}; true`), pid);
    await command(["exec", "f", "--", "kill", pid]).ended;
    while ((await lodge.sh("f", `${find}; true`)) !== "") await delay(50);
  });

  it("takes folders in and gives them out, and keeps nothing of the way", async () => {
    const content = randomBytes(3_000_000);
    await mkdir(join(scratch, "site/sub"), { recursive: true });
    await writeFile(join(scratch, "site/big"), content);
    await writeFile(join(scratch, "site/sub/small"), "small\n");
    const into = await command(["cp", join(scratch, "site"), "f:/root"]).ended;
    assert.deepEqual(into, { code: 0, stdout: "", stderr: "" });
    assert.equal(await lodge.sh("f", "cat /root/site/sub/small"), "small");
    const out = await command(["cp", "f:/root/site", join(scratch, "back")]).ended;
    assert.deepEqual(out, { code: 0, stdout: "", stderr: "" });
    await exec("diff", ["-r", join(scratch, "site"), join(scratch, "back")]);
    assert.equal(await lodge.sh("f", "ls -A /tmp /var/tmp"), "/tmp:\n\n/var/tmp:");
    const none = await command(["cp", "f:/root/none", scratch]).ended;
    assert.match(none.stderr, /there is no such file/);
  });

  it("tells facts", async () => {
    const facts = await lodge.client.call("guestFacts", { params: { guest: "f" } });
    const { nics } = await lodge.guest("f");
    assert.deepEqual([facts.hostname, facts.os], ["tiny", "Tiny guest"]);
    assert.ok(facts.addresses.some((address) => address.startsWith(`${nics[0]!.address}/`)));
    assert.ok(facts.memoryTotal! > 0 && facts.uptime! > 0);
  });

  it("is out of reach while its agent does not answer, and in reach again when that does", async () => {
    const attempt = () => lodge.client.exec("f", { argv: ["true"], agentTimeout: 1 });
    await type("kill -STOP $(pidof qemu-ga)");
    await assert.rejects(attempt, { code: "agent.unreachable" });
    await type("kill -CONT $(pidof qemu-ga)");
    assert.equal(await lodge.sh("f", "echo on"), "on");
  });

  it("loses a command with the agent that ran it, and runs others when that is back", async () => {
    const lost = await lodge.client.exec("f", { argv: ["sleep", "1234"] });
    lost.stdin.end();
    await lodge.sh("f", "true");
    await type("kill -9 $(pidof qemu-ga)");
    await assert.rejects(lost.exit, { code: "agent.lost" });
    assert.equal(await lodge.sh("f", "echo on"), "on");
  });

  it("comes back from suspend, and from a daemon that was killed", async () => {
    await lodge.sh("f", "echo remembered >/dev/shm/mark");
    await act("guestSuspend", "f");
    await act("guestStart", "f");
    assert.equal(await lodge.sh("f", "cat /dev/shm/mark"), "remembered");
    await lodge.restart();
    assert.equal(await lodge.sh("f", "cat /dev/shm/mark"), "remembered");
  });

  it("is shut down by its agent", async () => {
    await stop("f");
    assert.equal((await lodge.guest("f")).state, "stopped");
    assert.match(await serialLog("f"), /shutdown -h -P \+0 hypervisor initiated shutdown/);
    await act("guestStart", "f");
    assert.equal(await lodge.sh("f", "echo up"), "up");
  });

  it("hands on to its image which agent is in it, unless that is said", async () => {
    await stop("f");
    const agents = { same: undefined, without: "none" } as const;
    for (const [name, agent] of Object.entries(agents)) {
      const body = { guest: "f", name, ...(agent === undefined ? {} : { agent }) };
      await lodge.done(lodge.client.call("imageCreate", { body }));
      const image = await lodge.client.call("imageGet", { params: { image: name } });
      assert.equal(image.agent, agent ?? "qemu");
    }
  });
});

describe("a guest without an agent", () => {
  it("is waited for by its address, which needs no agent", async () => {
    const { guest, warning } = await make({ image: "mute", name: "m", wait: "address" });
    assert.equal(warning, undefined);
    await exec("ping", ["-c", "1", "-w", "30", guest.nics[0]!.address!]);
  });

  it("is told apart from one whose agent does not answer", async () => {
    await assert.rejects(lodge.client.exec("m", { argv: ["true"] }), { code: "agent.absent" });
    const facts = lodge.client.call("guestFacts", { params: { guest: "m" } });
    await assert.rejects(facts, { code: "agent.absent" });
    await assert.rejects(lodge.client.fileOut("m", "/etc"), { code: "agent.absent" });
  });

  it("is shut down by its power button", async () => {
    await stop("m");
    assert.equal((await lodge.guest("m")).state, "stopped");
  });
});
