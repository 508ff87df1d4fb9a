import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it, type TestContext } from "node:test";
import { until } from "../fakes/fake-daemon.ts";
import { openScene, shows, type Running, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

/** Begins a command that listens; resolves with its port. It ends with the test. */
async function listening(
  t: TestContext,
  words: readonly string[],
): Promise<{ running: Running; port: number }> {
  const running = scene.start(words);
  t.after(async () => {
    running.child.kill("SIGINT");
    await running.ended;
  });
  await shows(running, /127\.0\.0\.1:\d+\n/);
  return { running, port: Number(/127\.0\.0\.1:(\d+)\n/.exec(running.seen())![1]) };
}

const half = (port: number): Socket => connect({ port, host: "127.0.0.1", allowHalfOpen: true });

describe("lodge tunnel", () => {
  it("opens a port through which every byte goes both ways, for several at once", async (t) => {
    const { running, port } = await listening(t, ["tunnel", "web-1", "7"]);
    await Promise.all(
      [1, 2_000_000, 500_000].map(async (size) => {
        const sent = randomBytes(size);
        const socket = half(port);
        socket.end(sent);
        assert.ok((await buffer(socket)).equals(sent), `${size} bytes`);
      }),
    );
    await until(() => scene.daemon.services.streams.open === 0);
    running.child.kill("SIGINT");
    const { code, stdout } = await running.ended;
    assert.deepEqual({ code, stdout }, { code: 0, stdout: `127.0.0.1:${port}\n` });
  });

  it("says why a connection failed, resets it, and goes on", async (t) => {
    const { running, port } = await listening(t, ["tunnel", "web-1", "5"]);
    const socket = half(port);
    socket.write("x");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNRESET");
    await shows(running, /broke off/);
    half(port)
      .on("error", () => undefined)
      .write("x");
    await shows(running, /broke off[^]*broke off/);
  });

  it(
    "lets in nobody else's programs",
    { skip: process.getuid?.() !== 0 && "it takes root to be another" },
    async (t) => {
      const { running, port } = await listening(t, ["tunnel", "web-1", "7"]);
      const program = `const s = require("node:net").connect(${port}, "127.0.0.1"); s.on("data", () => console.log("let in")); s.write("x")`;
      const other = spawn(process.execPath, ["-e", program], {
        uid: 65_534,
        gid: 65_534,
        stdio: ["ignore", "pipe", "ignore"],
      });
      t.after(() => other.kill("SIGKILL"));
      const said = await buffer(other.stdout);
      assert.equal(said.toString(), "");
      await shows(running, /another user of this computer was not let in/);
    },
  );

  it("listens on a unix socket that is the user's alone", async (t) => {
    const path = join(scene.folder, "gate");
    const running = scene.start(["tunnel", "web-1", "7", "--socket", path]);
    t.after(() => running.child.kill("SIGINT"));
    await shows(running, /gate\n/);
    assert.equal(statSync(path).mode & 0o077, 0);
    const socket = connect({ path, allowHalfOpen: true });
    socket.end("hello");
    assert.equal((await buffer(socket)).toString(), "hello");
  });

  it("is standard input and output for a program such as ssh", async () => {
    const input = randomBytes(500_000).toString("hex");
    const { code, stdout, stderr } = await scene.lodge(["tunnel", "--stdio", "web-1", "7"], { input });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(stdout === input);
    const refused = await scene.lodge(["tunnel", "--stdio", "web-1", "22"]);
    assert.deepEqual([refused.code, refused.stdout], [1, ""]);
    assert.match(refused.stderr, /Nothing answers on port 22/);
  });

  it("says at once what is wrong", async (t) => {
    const { port } = await listening(t, ["tunnel", "web-1", "7"]);
    const said = async (...words: string[]) => (await scene.lodge(["tunnel", ...words])).stderr;
    assert.match(await said("nobody", "7"), /no guest/);
    assert.match(await said("web-1", "0"), /PORT: '0'/);
    assert.match(await said("web-1", "7", "--listen", String(port)), /cannot be opened: EADDRINUSE/);
  });
});

describe("lodge viewer", () => {
  it("opens a port for a display, with a ticket for each connection", async (t) => {
    const { port } = await listening(t, ["viewer", "web-1"]);
    for (let at = 0; at < 2; at++) {
      const socket = half(port);
      socket.write("hello");
      const [echo] = (await once(socket, "data")) as [Buffer];
      assert.equal(echo.toString(), "hello");
      socket.destroy();
      await until(() => scene.daemon.services.consoles.open === 0);
    }
  });

  it("opens the next connection when the daemon is back", async (t) => {
    const { running, port } = await listening(t, ["viewer", "web-1"]);
    const first = half(port);
    first.write("a");
    await once(first, "data");
    await scene.daemon.stop();
    await once(first, "error");
    await shows(running, /daemon/);
    await scene.daemon.start();
    const second = half(port);
    second.write("b");
    assert.equal(String((await once(second, "data"))[0]), "b");
    second.destroy();
  });

  it("asks for a password where that is wished", async (t) => {
    const { running, port } = await listening(t, ["viewer", "web-1", "--password"]);
    assert.match(running.seen(), /^vnc:/m);
    await shows(running, /Password: [a-z2-9]{8}\n/);
    const socket = half(port);
    assert.equal(String((await once(socket, "data"))[0]), "RFB 003.008\n");
    socket.destroy();
    assert.equal(scene.daemon.services.consoles.open, 0);
  });

  it("leads to RDP, and says what does not go with it", async (t) => {
    const { running, port } = await listening(t, ["viewer", "web-1", "--rdp"]);
    assert.match(running.seen(), /^rdp:/m);
    half(port).on("error", () => undefined);
    await shows(running, /Nothing answers on port 3389/);
    assert.match((await scene.lodge(["viewer", "web-1", "--rdp", "--view-only"])).stderr, /not for --rdp/);
    assert.match((await scene.lodge(["viewer", "nobody"])).stderr, /no guest/);
  });
});
