/** The client of QEMU's guest agent, against a socket that speaks its protocol. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { hasCode } from "#contract/errors";
import { QgaClient } from "./qga.ts";

interface Call {
  readonly execute: string;
  readonly arguments: Record<string, unknown>;
}

/** What the agent says to a call: an object to answer, or nothing at all. */
type Script = (call: Call) => { return?: unknown; error?: { class: string; desc: string } } | undefined;

const base64 = (text: string) => Buffer.from(text).toString("base64");

async function guest(
  t: TestContext,
  script: Script,
  stale = "",
): Promise<{ client: QgaClient; calls: Call[] }> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-qga-"));
  const calls: Call[] = [];
  const serve = (socket: Socket) => {
    let text = "";
    // As if an earlier host had gone away in the middle of an answer.
    socket.write(stale);
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const call = JSON.parse(line.replace(/^[^]*\xff/, "")) as Call;
        if (call.execute === "guest-sync-delimited") {
          socket.write(
            Buffer.concat([Buffer.from([0xff]), Buffer.from(`{"return": ${call.arguments["id"]}}\n`)]),
          );
          continue;
        }
        calls.push(call);
        const answer = script(call);
        if (answer) socket.write(`${JSON.stringify(answer)}\n`);
      }
    });
    socket.on("error", () => undefined);
  };
  const path = join(folder, "qga");
  const server = createServer(serve).listen(path);
  const client = new QgaClient({ path, guest: "test" });
  t.after(async () => {
    client.close();
    server.close();
    await rm(folder, { recursive: true });
  });
  return { client, calls };
}

describe("QEMU's guest agent", () => {
  it("runs a command: asks until it has ended", async (t) => {
    let looks = 0;
    const { client, calls } = await guest(t, ({ execute }) => {
      if (execute === "guest-exec") return { return: { pid: 77 } };
      if (++looks < 3) return { return: { exited: false } };
      return { return: { exited: true, exitcode: 3, "out-data": base64("out"), "err-data": base64("err") } };
    });
    const result = await client.runToEnd(["sh", "-c", "x"], { input: Buffer.from("in"), env: { A: "1" } });
    assert.deepEqual(result.exit, { code: 3 });
    assert.deepEqual([String(result.stdout), String(result.stderr)], ["out", "err"]);
    assert.equal(looks, 3);
    assert.deepEqual(calls[0]?.arguments, {
      path: "sh",
      arg: ["-c", "x"],
      env: ["A=1"],
      "input-data": base64("in"),
      "capture-output": true,
    });
  });

  it("throws away what an earlier host left in the line", async (t) => {
    const stale = '{"return": {"pid": 1}}\n{"return": 12}\n{"retu';
    const { client } = await guest(t, () => ({ return: {} }), stale);
    await client.ping();
  });

  it("reads and writes files in parts, and closes them when that fails", async (t) => {
    let content = "";
    let reads = 0;
    const { client, calls } = await guest(t, ({ execute, arguments: given }) => {
      if (execute === "guest-file-open") return { return: 5 };
      if (execute === "guest-file-write") {
        const bytes = Buffer.from(String(given["buf-b64"]), "base64");
        content += bytes.toString().slice(0, 40_000);
        return content.length > 90_000
          ? { error: { class: "GenericError", desc: "No space left on device" } }
          : { return: { count: Math.min(bytes.length, 40_000), eof: false } };
      }
      if (execute !== "guest-file-read") return { return: {} };
      return { return: { count: 3, "buf-b64": base64("abc"), eof: ++reads === 2 } };
    });
    let text = "";
    for await (const bytes of client.readFile("/f")) text += String(bytes);
    assert.equal(text, "abcabc");
    const bytes = (length: number) =>
      (async function* () {
        yield Buffer.alloc(length, "x");
      })();
    await client.writeFile("/f", bytes(80_000));
    assert.equal(content.length, 80_000);
    await assert.rejects(client.writeFile("/f", bytes(80_000)), (error) => hasCode(error, "agent.file"));
    const names = calls.map(({ execute }) => execute);
    const count = (name: string) => names.filter((it) => it === name).length;
    assert.equal(count("guest-file-close"), count("guest-file-open"));
  });

  it("tells a command that is not there from a call that is forbidden", async (t) => {
    const { client } = await guest(t, ({ execute }) =>
      execute === "guest-exec"
        ? { error: { class: "GenericError", desc: "Failed to execute child process" } }
        : { error: { class: "CommandNotFound", desc: "has been disabled" } },
    );
    await assert.rejects(client.runToEnd(["nope"]), (error) => hasCode(error, "agent.command_not_found"));
    await assert.rejects(client.interfaces(), (error) => hasCode(error, "agent.unsupported"));
  });

  it("may never answer, and answers the next one who asks", async (t) => {
    let dumb = true;
    const { client } = await guest(t, () => (dumb ? undefined : { return: {} }));
    await assert.rejects(client.ping({ timeout: 30 }), (error) => hasCode(error, "agent.unreachable"));
    const signal = AbortSignal.timeout(30);
    await assert.rejects(client.ping({ signal }), { name: "TimeoutError" });
    dumb = false;
    await client.ping();
  });

  it("is lost where nobody listens", async () => {
    const client = new QgaClient({ path: "/nonexistent/qga", guest: "test" });
    await assert.rejects(client.ping(), (error) => hasCode(error, "agent.lost"));
  });

  it("tells its addresses, and which cards have none", async (t) => {
    const { client } = await guest(t, () => ({
      return: [
        { name: "lo", "ip-addresses": [{ "ip-address": "127.0.0.1", prefix: 8 }] },
        { name: "eth0", "hardware-address": "52:54:00:00:00:01" },
      ],
    }));
    assert.deepEqual(await client.interfaces(), [
      { name: "lo", mac: undefined, addresses: ["127.0.0.1/8"] },
      { name: "eth0", mac: "52:54:00:00:00:01", addresses: [] },
    ]);
  });
});
