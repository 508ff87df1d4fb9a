/** What needs a terminal, on one that script(1) makes. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { launcher, openScene, run, shows, type Running, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

const { stringify: quoted } = JSON;

/** A shell on a terminal that runs `lodge WORDS` and then tells how the terminal was left, and the exit code. */
function onTerminal(words: readonly string[], prepare = "stty rows 33 cols 101"): Running {
  const lodge = [launcher, ...words].map((word) => quoted(word)).join(" ");
  const told =
    "code=$?; case $(stty -a) in *-icanon*) echo LEFT raw;; *) echo LEFT well;; esac; echo CODE $code";
  const script = [prepare, lodge, told].join("\n");
  const within = ["script", "-qec", script, "/dev/null"];
  // `run` would add the launcher after it: script(1) takes no further words, so the shell gets them as $0.
  return run([], {
    within: ["sh", "-c", 'exec "$0" "$1" "$2" "$3"', ...within],
    env: { LODGE_HOME: scene.home },
  });
}

const type = (running: Running, keys: string) => running.child.stdin?.write(keys);
const commands = () => scene.daemon.services.streams.commands;

/** Is this process the `lodge shell` of this scene? */
function isOurShell(pid: string): boolean {
  try {
    const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, "latin1").split("\0");
    const words = read("cmdline");
    return (
      words.includes("shell") &&
      words.some((word) => word.endsWith("lodge.ts")) &&
      read("environ").includes(`LODGE_HOME=${scene.home}`)
    );
  } catch {
    return false;
  }
}

describe("lodge shell", () => {
  it("has a terminal of this one's size and kind, echoes once, and puts the terminal back", async () => {
    const before = commands().length;
    const running = onTerminal(["shell", "web-1", "--user", "debian"]);
    await shows(running, () => commands().length > before);
    const started = commands().at(-1);
    assert.deepEqual(started?.start.tty, { rows: 33, cols: 101, term: "xterm" });
    assert.deepEqual([started?.start.argv, started?.start.user], [[], "debian"]);
    // The fake shell says what it hears; a terminal that echoes by itself would show it twice.
    type(running, "hello\r");
    await shows(running, /hello/);
    type(running, "\u0003");
    await shows(running, /\u0003/);
    type(running, "\u001d\u001d\u001d");
    await shows(running, /CODE 129/);
    assert.equal(running.seen().split("hello").length, 2);
    assert.match(running.seen(), /LEFT well/);
    await running.ended;
  });

  it("tells the guest when the window changes its size", async () => {
    const before = commands().length;
    const resize = "stty rows 20 cols 70; (sleep 1.5; stty rows 50 cols 120 </dev/tty) &";
    const running = onTerminal(["shell", "web-1"], resize);
    await shows(running, () => commands().length > before);
    await shows(running, () => (commands().at(-1)?.sizes.length ?? 0) > 0);
    assert.deepEqual(commands().at(-1)?.sizes, ["50x120"]);
    type(running, "\u001d\u001d\u001d");
    await running.ended;
  });

  it("puts the terminal back when the daemon goes", async () => {
    const before = commands().length;
    const running = onTerminal(["shell", "web-1"]);
    await shows(running, () => commands().length > before);
    await new Promise((resolve) => setTimeout(resolve, 200));
    try {
      await scene.daemon.stop();
      await shows(running, /daemon[\s\S]*LEFT well[\s\S]*CODE 125/);
      await running.ended;
    } finally {
      await scene.daemon.start();
    }
  });

  it("puts the terminal back when a signal ends it", async () => {
    const before = commands().length;
    const running = onTerminal(["shell", "web-1"]);
    await shows(running, () => commands().length > before);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const pid = readdirSync("/proc").find(isOurShell);
    assert.ok(pid);
    process.kill(Number(pid), "SIGTERM");
    await shows(running, /LEFT well\s+CODE 143/);
    await running.ended;
  });
});

describe("lodge exec -t", () => {
  it("gives a command a terminal and passes its exit code on", async () => {
    const running = onTerminal(["exec", "-t", "web-1", "--", "exit", "9"]);
    await shows(running, /CODE 9/);
    assert.equal(commands().at(-1)?.start.tty?.cols, 101);
    await running.ended;
  });
});

describe("lodge console", () => {
  it("says how to leave, is left by Ctrl-], and puts the terminal back", async () => {
    const running = onTerminal(["console", "web-1"]);
    await shows(running, /web-1's console\. Ctrl-\] leaves it[\s\S]*scroll-back of 65536/);
    type(running, "root\r");
    await shows(running, /root/);
    type(running, "\u001d");
    await shows(running, /Left web-1's console[\s\S]*LEFT well[\s\S]*CODE 0/);
    await running.ended;
  });
});

describe("a listing on a terminal", () => {
  it("has colours, and none with NO_COLOR", async () => {
    const coloured = onTerminal(["ls"]);
    await shows(coloured, /CODE 0/);
    assert.match(coloured.seen(), /\u001b\[32mrunning/);
    await coloured.ended;
    const plain = onTerminal(["ls"], "export NO_COLOR=1");
    await shows(plain, /CODE 0/);
    assert.ok(!plain.seen().includes("\u001b"));
    await plain.ended;
  });

  it("is cut where the terminal ends", async () => {
    const narrow = onTerminal(["ls"], "stty cols 60; export NO_COLOR=1");
    await shows(narrow, /CODE 0/);
    await narrow.ended;
    for (const line of narrow.seen().split("\r\n")) assert.ok(line.length <= 60, line);
  });
});
