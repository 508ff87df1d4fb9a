import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { hasCode } from "#contract/errors";
import { exec } from "#base/exec";
import { ManualClock } from "#durable/store/manual-clock";
import { ClusterAuthority, hostLife } from "./authority.ts";
import { HostIdentity, identityFiles, newHost } from "./host-identity.ts";

const day = 86_400_000;
const id = "h0123456789";
const addresses = ["127.0.0.1", "fd00::7"];
const seal = new Uint8Array(32).fill(7);

let scratch: string;
let clock: ManualClock;
let authority: ClusterAuthority;
before(async () => {
  scratch = mkdtempSync(join(tmpdir(), "lodge-authority-"));
  clock = new ManualClock(Date.now());
  authority = await ClusterAuthority.make("c1", clock);
});
after(() => rmSync(scratch, { recursive: true }));

let made = 0;
async function member(by = authority, host = id) {
  const folder = join(scratch, `host-${made++}`);
  const { request, key } = await newHost(host, addresses);
  const given = { ca: by.certificate, cert: by.sign(request).certificate, key };
  return { folder, identity: await HostIdentity.write(folder, clock, given) };
}

describe("the cluster's authority", () => {
  it("is the same one wherever its record is opened, by the key that seals it alone", () => {
    const record = authority.record(seal);
    assert.doesNotMatch(JSON.stringify(record), /PRIVATE/);
    assert.equal(ClusterAuthority.open(record, seal, clock).fingerprint, authority.fingerprint);
    assert.throws(
      () => ClusterAuthority.open(record, new Uint8Array(32), clock),
      (error) => hasCode(error, "store.secret_unreadable"),
    );
  });

  it("signs what a host shows to others in both directions: each takes the other's", async () => {
    const [server, client] = [await member(), await member(authority, "h1111111111")];
    const { ca, cert, key } = server.identity.current();
    const listener = createServer({ ca, cert, key, requestCert: true, minVersion: "TLSv1.3" });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    try {
      const socket = connect({ host: "127.0.0.1", port, ...client.identity.current() });
      const [[arrived]] = await Promise.all([
        once(listener, "secureConnection") as Promise<[TLSSocket]>,
        once(socket, "secureConnect"),
      ]);
      assert.ok(socket.authorized);
      assert.equal(arrived.getPeerX509Certificate()?.subject, "CN=h1111111111");
      socket.destroy();
      arrived.destroy();
      const stranger = await member(await ClusterAuthority.make("c1", clock));
      const told = once(listener, "tlsClientError");
      const refused = connect({ host: "127.0.0.1", port, ...stranger.identity.current(), ca });
      refused.on("error", () => undefined);
      await told;
      refused.destroy();
    } finally {
      listener.close();
    }
  });

  it("passes OpenSSL's checks of both purposes, of both addresses, and of what was revoked", async () => {
    const { folder, identity } = await member();
    const { ca, host } = identityFiles(folder);
    const verify = (...more: string[]) => exec("openssl", ["verify", "-CAfile", ca, ...more, host]);
    for (const purpose of ["sslserver", "sslclient"]) await verify("-x509_strict", "-purpose", purpose);
    for (const address of addresses) await verify("-verify_ip", address);
    const own = new X509Certificate(identity.current().cert);
    const list = join(folder, "list.pem");
    const until = identity.expiresAt;
    writeFileSync(list, authority.revocationList([]));
    await verify("-crl_check", "-CRLfile", list);
    writeFileSync(list, authority.revocationList([{ serial: own.serialNumber, until }]));
    await assert.rejects(verify("-crl_check", "-CRLfile", list));
  });

  it("signs for nobody who lacks the key, and nothing but a host with addresses", async () => {
    const { request } = await newHost(id, addresses);
    const other = await newHost("h1111111111", addresses);
    for (const wrong of [
      { ...request, id: "h1111111111" },
      { ...request, addresses: ["127.0.0.2"] },
      { ...request, publicKey: other.request.publicKey },
      { ...request, id: "CN=h0123456789" },
      { ...request, publicKey: "nothing" },
      (await newHost(id, [])).request,
      (await newHost(id, ["box.example"])).request,
    ])
      assert.throws(
        () => authority.sign(wrong),
        (error) => hasCode(error, "cluster.request_invalid"),
      );
  });
});

describe("a host's certificate", () => {
  it("is kept in a file for its owner alone, and opened again", async () => {
    const { folder } = await member();
    assert.equal(statSync(identityFiles(folder).host).mode & 0o777, 0o600);
    assert.equal((await HostIdentity.open(folder, clock)).id, id);
  });

  it("is renewed with a new key two months before its end, or for a new address", async () => {
    const { folder, identity } = await member();
    assert.ok(!identity.isDue(addresses));
    assert.ok(identity.isDue([...addresses, "127.0.0.9"]));
    clock.advance(hostLife - 60 * day - day);
    assert.ok(!identity.isDue(addresses));
    clock.advance(2 * day);
    assert.ok(identity.isDue(addresses));
    const before = identity.current();
    await identity.renew(addresses, async (request) => authority.sign(request).certificate);
    assert.ok(!identity.isDue(addresses));
    assert.notEqual(identity.current().key, before.key);
    assert.deepEqual((await HostIdentity.open(folder, clock)).current(), identity.current());
  });

  it("is refused where it is another cluster's, another host's, or not with its key", async () => {
    const [own, other] = [await member(), await member(await ClusterAuthority.make("c2", clock))];
    const { ca } = own.identity.current();
    const wrong = [
      { ...other.identity.current(), ca },
      { ...own.identity.current(), key: other.identity.current().key },
      { ...own.identity.current(), cert: "nothing" },
    ];
    for (const given of wrong)
      await assert.rejects(HostIdentity.write(join(scratch, "wrong"), clock, given), (error) =>
        hasCode(error, "cluster.identity_unusable"),
      );
    const anothers = async () => {
      const { request } = await newHost("h1111111111", addresses);
      return authority.sign(request).certificate;
    };
    await assert.rejects(own.identity.renew(addresses, anothers), (error) =>
      hasCode(error, "cluster.identity_unusable"),
    );
  });
});
