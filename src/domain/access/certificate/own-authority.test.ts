import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, connect, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { ManualClock } from "#durable/store/manual-clock";
import { OwnAuthority } from "./own-authority.ts";

const day = 86_400_000;
const names = ["box.example", "127.0.0.1", "2001:db8::7", "::ffff:192.0.2.1"];

let scratch: string;
let folder: string;
let clock: ManualClock;
before(() => (scratch = mkdtempSync(join(tmpdir(), "lodge-tls-"))));
after(() => rmSync(scratch, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(scratch, "tls-"));
  clock = new ManualClock(Date.now());
});

const open = () => OwnAuthority.open(folder, clock, "Lodge a1b2");

test("the authority is made once, and its keys are for their owner alone", async () => {
  const first = await open();
  await first.serverCertificate(names);
  assert.equal((await open()).fingerprint, first.fingerprint);
  for (const file of ["ca.key", "server.key"])
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
});

test("a TLS client that trusts the authority alone takes its server, by each name and no other", async () => {
  const authority = await open();
  const { key, cert } = await authority.serverCertificate(names);
  const [leaf = "", ca = ""] = cert.split(/(?<=-----END CERTIFICATE-----\n)/);
  const root = new X509Certificate(ca);
  const own = new X509Certificate(leaf);
  assert.ok(root.ca && !own.ca && own.verify(root.publicKey) && own.checkIssued(root));
  assert.match(own.subjectAltName ?? "", /DNS:box\.example, IP Address:127\.0\.0\.1, IP Address:2001:DB8/);
  for (const name of names.filter((each) => each.includes(":") || /^\d/.test(each)))
    assert.ok(own.checkIP(name), name);
  const server = createServer({ key, cert, minVersion: "TLSv1.3" }, (socket) => socket.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const dial = async (options: object): Promise<TLSSocket> => {
    const socket = connect({ host: "127.0.0.1", port, ...options });
    await once(socket, "secureConnect");
    socket.destroy();
    return socket;
  };
  try {
    assert.ok((await dial({ ca, servername: "box.example" })).authorized);
    assert.ok((await dial({ ca })).authorized);
    await assert.rejects(dial({ ca, servername: "other.example" }));
    await assert.rejects(dial({}));
    const stranger = await OwnAuthority.open(mkdtempSync(join(scratch, "other-")), clock, "Lodge a1b2");
    const foreign = (await stranger.serverCertificate(names)).cert.split(
      /(?<=-----END CERTIFICATE-----\n)/,
    )[1];
    await assert.rejects(dial({ ca: foreign, servername: "box.example" }));
  } finally {
    server.close();
  }
});

test("the server's is made anew a month before its end and for a new address, and else kept", async () => {
  const authority = await open();
  const first = (await authority.serverCertificate(names)).cert;
  clock.advance(59 * day);
  assert.equal((await authority.serverCertificate(names)).cert, first);
  assert.equal((await authority.serverCertificate(names.slice(1))).cert, first);
  clock.advance(2 * day);
  const second = (await authority.serverCertificate(names)).cert;
  assert.notEqual(second, first);
  assert.notEqual((await authority.serverCertificate([...names, "192.0.2.9"])).cert, second);
});
