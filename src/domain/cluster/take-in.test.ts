import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { X509Certificate } from "node:crypto";
import { hasCode } from "#contract/errors";
import { ManualClock } from "#durable/store/manual-clock";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { listMembers } from "../member/record.ts";
import { authorityKey, ClusterAuthority } from "./authority.ts";
import { writeClusterFile } from "./cluster-file.ts";
import { newHost } from "./host-identity.ts";
import { makeToken, readToken, writeToken } from "./join-token.ts";
import { putOut } from "./put-out.ts";
import { revokedKey, type RevokedRecord } from "./records.ts";
import { takeIn, type TakeInParts } from "./take-in.ts";

const key = new Uint8Array(32).fill(3);
let parts: TakeInParts & {
  readonly clock: ManualClock;
  readonly all: MemoryStore;
  readonly store: MemoryStore;
};
beforeEach(async () => {
  const home = mkdtempSync(join(tmpdir(), "lodge-take-in-"));
  const clock = new ManualClock(Date.now());
  const all = new MemoryStore({ clock });
  const authority = await ClusterAuthority.make("c1", clock);
  await put(all, authorityKey, authority.record(key));
  const etcd = { endpoints: ["https://localhost:8471"] };
  const file = { cluster: "c1", host: "h0000000000", name: "one", address: "198.51.100.1:8470", etcd };
  await writeClusterFile(home, file);
  parts = { all, store: all, clock, key, home };
});
afterEach(async () => {
  await parts.all.close();
  rmSync(parts.home, { recursive: true });
});

const coded = (code: string) => (error: unknown) => hasCode(error, code as never);

async function ask(
  secret: string,
  name: string,
  more: { id?: string; wire?: number; address?: string } = {},
) {
  const { id = `h00000000${name.length}${name.charCodeAt(0) % 10}`, wire = 1 } = more;
  const { address = `198.51.100.${name.length}:8470` } = more;
  const { request } = await newHost(id, [address.split(":")[0]!]);
  const asked = { secret, name, address, version: "1", wire };
  return takeIn(parts, { ...asked, request: { ...request, addresses: [...request.addresses] } });
}

test("a token lets one host in, once, with a certificate and the key that seals", async () => {
  const { secret } = await makeToken(parts);
  const given = await ask(secret, "two");
  assert.deepEqual(Buffer.from(given.sealKey, "base64url"), Buffer.from(key));
  const [own] = given.certificate.split(/(?<=-----END CERTIFICATE-----\n)/);
  assert.ok(new X509Certificate(own!).verify(new X509Certificate(given.authority).publicKey));
  assert.deepEqual(
    (await listMembers(parts.all)).map(({ name, voter }) => [name, voter]),
    [["two", undefined]],
  );
  await assert.rejects(ask(secret, "three"), coded("cluster.token_invalid"));
});

test("a token that ran out, or that nobody made, lets nobody in", async () => {
  const { secret, expiresAt } = await makeToken(parts, 60);
  await assert.rejects(ask("made up", "two"), coded("cluster.token_invalid"));
  parts.clock.advance(expiresAt - parts.clock.now());
  await assert.rejects(ask(secret, "two"), coded("cluster.token_invalid"));
  await makeToken(parts);
  assert.equal((await parts.all.list("cluster/tokens/")).items.length, 1, "those that ran out are forgotten");
});

test("of two hosts that come at once with one token, one is let in", async () => {
  const { secret } = await makeToken(parts);
  const tries = await Promise.allSettled([ask(secret, "two"), ask(secret, "three")]);
  assert.deepEqual(tries.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
  assert.equal((await listMembers(parts.all)).length, 1);
});

test("a name and an address are one host's, and what it speaks has to be understood; the token still counts then", async () => {
  await ask((await makeToken(parts)).secret, "two");
  const { secret } = await makeToken(parts);
  await assert.rejects(
    ask(secret, "two", { id: "h1111111111", address: "198.51.100.9:8470" }),
    coded("cluster.name_taken"),
  );
  await assert.rejects(
    ask(secret, "other", { address: "198.51.100.3:8470" }),
    coded("cluster.address_refused"),
  );
  await assert.rejects(ask(secret, "three", { wire: 3 }), coded("cluster.wire_mismatch"));
  await ask(secret, "three", { wire: 2 });
});

test("a host that is put out leaves nothing of its own, and its certificate is told of", async () => {
  await ask((await makeToken(parts)).secret, "two");
  const [member] = await listMembers(parts.all);
  await put(parts.all, `images/@${member!.id}/i1`, {});
  await put(parts.all, "images/@h9999999999/i1", {});
  await putOut(parts.all, member, parts.clock.now());
  const left = (await parts.all.list("")).items.map(({ key: each }) => each);
  assert.deepEqual(left, ["cluster/authority", "cluster/level", "cluster/revoked", "images/@h9999999999/i1"]);
  const revoked = (await parts.all.get(revokedKey))!.value as RevokedRecord;
  assert.deepEqual(revoked, member!.certificates);
});

test("a token is read as it was written, and nothing else is one", () => {
  const token = { addresses: ["198.51.100.1:8470"], fingerprint: "AB:CD", secret: "s" };
  assert.deepEqual(readToken(writeToken(token)), token);
  for (const wrong of ["", "lodge-join-", "lodge-join-e30", `x${writeToken(token)}`])
    assert.throws(() => readToken(wrong), coded("cluster.token_malformed"));
});
