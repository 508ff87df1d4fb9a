/** Does a real daemon tell a real receiver of what happens, over a kill too, and can who reads the guide verify it? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { text } from "node:stream/consumers";
import { hasCode } from "#contract/errors";
import { createClient } from "#client/client";
import { verifyWebhook } from "#client/webhook";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { Receiver, status } from "../fakes/receiver.ts";

const root = join(import.meta.dirname, "../..");

describe("webhooks", () => {
  let daemon: FakedDaemon;
  let receiver: Receiver;
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true });
    await daemon.image("tiny", "none");
    receiver = await Receiver.open();
  });
  after(async () => {
    await receiver.close();
    await daemon.close();
  });

  const make = async (name: string) => {
    const { client } = daemon;
    await client.waitFor(await client.call("guestCreate", { body: { image: "tiny", name, start: false } }));
  };

  async function lodge(...words: string[]) {
    const program = spawn(join(root, "bin/lodge"), words, {
      env: { ...process.env, LODGE_HOME: daemon.paths.home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(program.stdout),
      text(program.stderr),
      once(program, "close"),
    ]);
    return { stdout: stdout.trim(), stderr, code: code as number };
  }

  it("lead to no closed address until an admin opens it", async () => {
    const refused = await lodge("webhook", "add", "ci", receiver.url, "--allow-http");
    assert.match(refused.stderr, /leads to this computer[^]*lodge outbound --allow/);
    assert.notEqual(refused.code, 0);
    assert.equal((await lodge("outbound", "--allow", "127.0.0.1")).code, 0);
    const plain = await lodge("webhook", "add", "ci", receiver.url);
    assert.match(plain.stderr, /not under TLS[^]*--allow-http/);
  });

  let secret = "";
  it("tell of a guest's life, by the command that was typed", async () => {
    const added = await lodge("webhook", "add", "ci", receiver.url, "--allow-http", "--event", "guest.*");
    secret = added.stdout;
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/, added.stderr);
    await make("one");
    await receiver.has(1);
    const { headers, body } = receiver.received[0]!;
    const { type, data } = await verifyWebhook({ headers, body, secret });
    assert.deepEqual([type, "guestName" in data && data.guestName], ["guest.created", "one"]);
    const listed = await lodge("webhook", "ls");
    assert.match(listed.stdout, /^ci +active +0 +\d+ s ago +guest\.\* +http:/m);
    const shown = JSON.parse((await lodge("webhook", "show", "ci", "-f", "json")).stdout) as object;
    assert.ok(!("secret" in shown));
  });

  it("go on where they were after a kill -9, and miss nothing", async () => {
    const from = receiver.received.length;
    receiver.answer = status(503);
    await make("two");
    await receiver.has(from + 1);
    await make("three");
    const killed = once(daemon.process, "exit");
    process.kill(daemon.pid, "SIGKILL");
    await killed;
    // Before it is back: it may ask at once.
    receiver.answer = status(200);
    await daemon.restart();
    // A test that is taken shows that it is back, and ends the pause.
    assert.match((await lodge("webhook", "test", "ci")).stdout, /^webhook\.ping to ci: taken with 200/);
    const names = () =>
      receiver.received
        .slice(from + 1)
        .map(({ body }) => (JSON.parse(body) as { data: { guestName?: string } }).data.guestName);
    for (let count = from + 2; !names().includes("three"); count++) await receiver.has(count);
    assert.deepEqual(
      names().filter((name) => name !== undefined),
      ["two", "three"],
    );
    assert.equal(
      receiver.received[from]?.id,
      receiver.received.find(({ body }, i) => i > from && body.includes('"two"'))?.id,
    );
  });

  it("are followed by their deliveries, and sent once more by hand", async () => {
    const [first] = await daemon.client.call("deliveryList", { params: { webhook: "ci" } });
    const listed = await lodge("webhook", "deliveries", "ci");
    assert.match(listed.stdout, /guest\.created +1 +\d+ ms +taken with 200/);
    const from = receiver.received.length;
    const again = await lodge("webhook", "redeliver", "ci", first?.id ?? "");
    assert.equal(again.code, 0, again.stderr);
    assert.equal(receiver.received[from]?.id, first?.message);
    receiver.answer = status(500);
    const test = await lodge("webhook", "test", "ci");
    assert.deepEqual([test.code, /refused with 500.*: no/.test(test.stdout)], [1, true]);
    receiver.answer = status(200);
  });

  it("pause, change and end as they are told", async () => {
    assert.equal((await lodge("webhook", "set", "ci", "--paused")).stdout, "ci is paused");
    assert.equal((await lodge("webhook", "set", "ci", "--no-paused", "--skip")).stdout, "ci is active");
    assert.match((await lodge("webhook", "rotate", "ci")).stdout, /^whsec_/);
    assert.equal((await lodge("webhook", "rm", "ci")).stdout, "ci is removed");
    assert.match((await lodge("webhook", "show", "ci")).stderr, /no webhook ci/);
  });

  it("are an admin's alone, and what he does is written down", async () => {
    const { client } = daemon;
    const { secret: token } = await client.call("tokenCreate", { body: { name: "hand", role: "operator" } });
    const operator = createClient({ url: await daemon.url(), token });
    const params = { webhook: "ci" };
    for (const call of [
      () => operator.call("webhookList"),
      () => operator.call("webhookTest", { params }),
      () => operator.call("deliveryList", { params }),
    ])
      await assert.rejects(call, (error) => hasCode(error, "access.forbidden"));
    const actions = (await client.call("auditList", { query: {} })).map(({ action }) => action);
    for (const action of ["webhookCreate", "webhookUpdate", "webhookRotate", "webhookTest", "webhookDelete"])
      assert.ok(actions.includes(action), action);
  });

  it("are received by the example of the guide", async () => {
    const made = await daemon.client.call("webhookCreate", {
      body: { name: "example", url: "http://127.0.0.1:9/", allowHttp: true },
    });
    const program = spawn(process.execPath, [join(root, "examples/receive-webhooks.ts"), "0", "2"], {
      env: { ...process.env, LODGE_WEBHOOK_SECRET: made.secret },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
    const port = String((await lines.next()).value).replace("listening on ", "");
    const url = `http://127.0.0.1:${port}/`;
    await daemon.client.call("webhookUpdate", { params: { webhook: "example" }, body: { url } });
    const ping = await daemon.client.call("webhookTest", { params: { webhook: "example" } });
    assert.equal(ping.status, 204);
    assert.match(String((await lines.next()).value), /^webhook\.ping: This is a test/);
    const forged = await fetch(url, {
      method: "POST",
      headers: {
        "webhook-id": "1",
        "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
        "webhook-signature": "v1,x",
      },
      body: "{}",
    });
    assert.equal(forged.status, 401);
    const ended = once(program, "exit");
    await make("four");
    assert.match(String((await lines.next()).value), /^guest\.created: four /);
    await ended;
    await daemon.client.call("webhookDelete", { params: { webhook: "example" } });
  });

  it("are verified by the shell script of the guide", async () => {
    const made = await daemon.client.call("webhookCreate", {
      body: { name: "shell", url: receiver.url, allowHttp: true },
    });
    await daemon.client.call("webhookTest", { params: { webhook: "shell" } });
    const { headers, body } = receiver.received.at(-1)!;
    const verify = async (content: string) => {
      const script = spawn(join(root, "examples/verify-webhook.sh"), [
        made.secret,
        headers["webhook-id"] ?? "",
        headers["webhook-timestamp"] ?? "",
        `v1,other ${headers["webhook-signature"]}`,
      ]);
      script.stdin.end(content);
      return (await once(script, "exit"))[0] as number;
    };
    assert.deepEqual([await verify(body), await verify(`${body} `)], [0, 1]);
  });

  it("have examples that stand in the guide as they are", () => {
    const guide = readFileSync(join(root, "docs/guides/webhooks.md"), "utf8");
    for (const name of ["receive-webhooks.ts", "verify-webhook.sh"]) {
      const source = readFileSync(join(root, "examples", name), "utf8");
      assert.ok(guide.includes(source), `${name} is another in the guide`);
    }
  });
});
