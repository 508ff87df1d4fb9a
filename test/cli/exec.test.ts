import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { openScene, shows, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

const lastCommand = () => scene.daemon.services.streams.commands.at(-1);

describe("lodge exec", () => {
  it("keeps output and errors apart", async () => {
    const { code, stdout, stderr } = await scene.lodge(["exec", "web-1", "--", "both"]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "to stdout", stderr: "to stderr" });
  });

  it("passes input and output on as they are, whatever their size", async () => {
    const input = randomBytes(3_000_000).toString("hex");
    const { stdout } = await scene.lodge(["exec", "web-1", "--", "cat"], { input });
    assert.ok(stdout === input, `${stdout.length} of ${input.length} came back`);
  });

  it("passes on all the output there is before it says that there was more", async () => {
    const { code, stdout, stderr } = await scene.lodge(["exec", "web-1", "--", "cut", "3000000"]);
    assert.deepEqual([code, stdout.length], [125, 3_000_000]);
    assert.match(stderr, /kept no more of it[^]*lodge cp/);
  });

  it("passes the exit code on", async () => {
    for (const code of [0, 1, 42, 255]) {
      assert.equal((await scene.lodge(["exec", "web-1", "--", "exit", String(code)])).code, code);
    }
  });

  it("hands over where, as whom and with what a command runs", async () => {
    await scene.lodge(
      ["exec", "-w", "/srv", "-u", "debian", "-e", "A=1", "-e", "HOME", "web-1", "--", "exit", "0"],
      { env: { HOME: scene.folder } },
    );
    const { argv, cwd, user, env, tty } = lastCommand()?.start ?? assert.fail();
    assert.deepEqual(
      { argv, cwd, user, env, tty },
      {
        argv: ["exit", "0"],
        cwd: "/srv",
        user: "debian",
        env: { A: "1", HOME: scene.folder },
        tty: undefined,
      },
    );
  });

  it("takes the command with its options without a -- too", async () => {
    await scene.lodge(["exec", "web-1", "exit", "3", "-f", "--help"]);
    assert.deepEqual(lastCommand()?.start.argv, ["exit", "3", "-f", "--help"]);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`sends ${signal} on to the command, and ends as that does`, async () => {
      const before = scene.daemon.services.streams.commands.length;
      const running = scene.start(["exec", "web-1", "--", "sleep"]);
      await shows(running, () => scene.daemon.services.streams.commands.length > before);
      // The command began; whoever started it knows a moment later.
      await new Promise((resolve) => setTimeout(resolve, 100));
      running.child.kill(signal);
      assert.equal((await running.ended).code, code);
      assert.deepEqual(lastCommand()?.signals, [signal]);
    });
  }

  it("tells a failure of Lodge from one of the command", async () => {
    const cases = [
      [127, ["exec", "web-1", "--", "nowhere"], /could not start 'nowhere'/],
      [125, ["exec", "nobody", "--", "ls"], /no guest 'nobody'/],
      [125, ["exec", "web-1", "--", "fail"], /connection to the agent/],
      [2, ["exec", "web-1"], /COMMAND is missing/],
    ] as const;
    for (const [code, words, said] of cases) {
      const ended = await scene.lodge(words);
      assert.equal(ended.code, code, words.join(" "));
      assert.match(ended.stderr, said);
    }
  });

  it("refuses a terminal where there is none", async () => {
    const { code, stderr } = await scene.lodge(["exec", "-t", "web-1", "--", "top"]);
    assert.equal(code, 1);
    assert.match(stderr, /needs a terminal/);
  });
});

describe("lodge shell", () => {
  it("needs a terminal", async () => {
    const { code, stderr } = await scene.lodge(["shell", "web-1"], { input: "ls\n" });
    assert.equal(code, 1);
    assert.match(stderr, /needs a terminal/);
  });
});

describe("lodge console", () => {
  it("shows what was said, and hands a script's input on", async () => {
    const running = scene.start(["console", "web-1", "--scrollback", "4K"], { input: "root\n" });
    await shows(running, /scroll-back of 4096\nroot\n/);
    running.child.kill("SIGTERM");
    await running.ended;
  });
});

describe("lodge logs and screenshot", () => {
  it("write what they got", async () => {
    assert.equal((await scene.lodge(["logs", "db", "--tail", "1"])).stdout, "db says ü\n");
    assert.equal((await scene.lodge(["logs", "--daemon"])).stdout, "started\n");
    const picture = await scene.start(["screenshot", "db", "-"]).ended;
    assert.ok(picture.stdout.includes("PNG"));
    const saved = await scene.lodge(["screenshot", "db"], { cwd: scene.folder });
    assert.equal(saved.stdout, "Saved db.png\n");
  });

  it("want to know whose", async () => {
    assert.equal((await scene.lodge(["logs"])).code, 2);
    assert.equal((await scene.lodge(["logs", "db", "--daemon"])).code, 2);
  });
});
