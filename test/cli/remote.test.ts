/** `lodge --remote` against a daemon under TLS, whose certificate authority nobody knows. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { hostActor } from "#domain/access/actor";
import { OwnAuthority } from "#domain/access/certificate/own-authority";
import { createServer, type Server } from "#server/server";
import { FakeServices } from "../fakes/fake-services.ts";
import { type Ended, type LodgeOptions, run } from "./lodge.ts";

let folder: string;
let server: Server;
let url: string;
let token: string;
let fingerprint: string;
let services: FakeServices;

const lodge = (words: readonly string[], options: LodgeOptions = {}): Promise<Ended> =>
  run(words, { ...options, env: { HOME: folder, ...options.env } }).ended;

async function listen(authority: OwnAuthority, port = 0): Promise<void> {
  const names = ["127.0.0.1"];
  const tls = { current: () => authority.serverCertificate(names), names: () => names };
  server = await createServer({ services, log: silentLog, version: "1", tls });
  url = `https://127.0.0.1:${(await server.listenTcp(`0.0.0.0:${port}`)).split(":")[1]}`;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "lodge-remote-"));
  services = new FakeServices();
  const authority = await OwnAuthority.open(join(folder, "tls"), systemClock, "Lodge test");
  ({ fingerprint } = authority);
  ({ secret: token } = await services.access.createToken(hostActor, { name: "cli", role: "operator" }));
  await listen(authority);
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe("a remote", () => {
  it("is refused until its fingerprint was compared, and nothing is sent to it", async () => {
    const asked = await lodge(["remote", "add", "lab", url], { input: `${token}\n` });
    assert.equal(asked.code, 1);
    assert.ok(asked.stderr.includes(`--fingerprint ${fingerprint}`), asked.stderr);
    const other = ["--fingerprint", fingerprint.replace(/^../, fingerprint.startsWith("00") ? "11" : "00")];
    const refused = await lodge(["remote", "add", "lab", url, ...other], { input: `${token}\n` });
    assert.match(refused.stderr, /has another fingerprint/);
    assert.match((await lodge(["remote", "ls"])).stderr, /There are none/);
    assert.equal((await services.access.tokens(hostActor, {}))[0]?.lastUsedAt, undefined);
  });

  it("is used by its name, for calls and streams alike", async () => {
    const added = await lodge(["remote", "add", "lab", url, "--fingerprint", fingerprint], {
      input: `${token}\n`,
    });
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stdout, /you are operator/);
    assert.equal((await lodge(["ls", "-q", "--remote", "lab"])).stdout, "web-1\nweb-2\ndb\n");
    const env = { LODGE_REMOTE: "lab" };
    const cat = await lodge(["exec", "db", "--", "cat"], { env, input: "through TLS" });
    assert.deepEqual([cat.code, cat.stdout], [0, "through TLS"], cat.stderr);
    assert.equal((await lodge(["user", "ls", "--remote", "lab"])).code, 1);
    const file = join(folder, ".config/lodge/remotes.json");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.match(readFileSync(file, "utf8"), /BEGIN CERTIFICATE/);
  });

  it("is refused without a pin, and where another one answers in its place", async () => {
    const bare = await lodge(["ls"], { env: { LODGE_URL: url, LODGE_TOKEN: token } });
    assert.match(bare.stderr, /does not know its authority/);
    const port = Number(new URL(url).port);
    await server.close();
    await listen(await OwnAuthority.open(join(folder, "other"), systemClock, "Lodge test"), port);
    const other = await lodge(["ls", "--remote", "lab"]);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /not trusted/);
  });

  it("can be forgotten, and is told from one that never was", async () => {
    assert.equal((await lodge(["remote", "rm", "lab"])).code, 0);
    const gone = await lodge(["ls", "--remote", "lab"]);
    assert.equal(gone.code, 3);
    assert.match(gone.stderr, /There is no remote lab/);
  });

  it("is not reached without TLS, where the token could be read on the way", async () => {
    const refused = await lodge(["remote", "add", "lab", "http://lab.example:7070"], { input: `${token}\n` });
    assert.equal(refused.code, 2);
  });
});
