import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { hasCode } from "#contract/errors";
import { formatAddress, isEveryAddress, listenTcp, listenUnix, parseListen } from "./listen.ts";

const scratch = mkdtempSync(join(tmpdir(), "lodge-listen-"));
after(() => rmSync(scratch, { recursive: true }));

test("loopback addresses are taken, with the port the kernel gave", async () => {
  assert.deepEqual(parseListen("127.0.0.1:7070"), { host: "127.0.0.1", port: 7070 });
  assert.deepEqual(parseListen("[::1]:0"), { host: "::1", port: 0 });
  assert.deepEqual(parseListen("localhost:80"), { host: "127.0.0.1", port: 80 });
  assert.equal(formatAddress({ host: "::1", port: 1 }), "[::1]:1");
  const server = createServer();
  const { port } = await listenTcp(server, { host: "127.0.0.1", port: 0 });
  assert.ok(port > 0);
  server.close();
});

test("addresses that other computers reach are taken as well", () => {
  assert.deepEqual(parseListen("0.0.0.0:7070"), { host: "0.0.0.0", port: 7070 });
  assert.deepEqual(parseListen("[2001:db8::1]:7070"), { host: "2001:db8::1", port: 7070 });
  assert.deepEqual(["0.0.0.0", "::", "10.0.0.1", "::1"].map(isEveryAddress), [true, true, false, false]);
});

test("what is no address is refused with the reason", () => {
  const reasons = {
    "127.evil.example:80": /not an IP/,
    "host.example:80": /not an IP/,
    "127.0.0.1": /HOST:PORT/,
    ":80": /HOST:PORT/,
    "::1:80": /HOST:PORT/,
    "127.0.0.1:99999": /HOST:PORT/,
    "": /HOST:PORT/,
  };
  for (const [address, reason] of Object.entries(reasons)) {
    assert.throws(
      () => parseListen(address),
      (error) => hasCode(error, "api.address_refused") && reason.test(String(error.params["reason"])),
      address,
    );
  }
});

test("the socket that a killed daemon left is replaced", async () => {
  const path = join(scratch, "left.sock");
  const listen = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
  spawnSync(process.execPath, ["-e", listen]);
  assert.ok(statSync(path).isSocket());
  const server = createServer();
  await listenUnix(server, path);
  assert.equal(statSync(path).mode & 0o777, 0o660);
  server.close();
});

test("where no socket can be, the address is refused", async () => {
  const file = join(scratch, "file");
  writeFileSync(file, "precious");
  for (const path of [join(scratch, "nowhere", "s.sock"), join(file, "s.sock")]) {
    await assert.rejects(listenUnix(createServer(), path), (error) => hasCode(error, "api.address_refused"));
  }
  await assert.rejects(listenUnix(createServer(), file), (error) => hasCode(error, "api.address_in_use"));
  assert.equal(readFileSync(file, "utf8"), "precious");
});
