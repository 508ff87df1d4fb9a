import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { makeCertificate } from "../access/certificate/certificate.ts";
import { faultOf } from "./external-etcd.ts";

const now = 1_800_000_000_000;
const day = 86_400_000;

function issue(from: number, until: number) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = makeCertificate({
    subject: "etcd",
    issuer: "etcd",
    publicKey,
    issuerPublicKey: publicKey,
    issuerKey: privateKey,
    from,
    until,
    kind: "authority",
  });
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

test("what is wrong with certificates for an etcd is said in words", () => {
  const good = issue(now - day, now + day);
  const ca = good.cert;
  const fault = (tls: object) => faultOf({ ca, ...tls }, now) ?? "";
  assert.equal(fault({}), "");
  assert.equal(fault(good), "");
  assert.match(fault({ ca: "nothing" }), /authority's certificate is none in PEM/);
  assert.match(fault({ cert: good.cert }), /needs its key/);
  assert.match(fault(issue(now - 2 * day, now - day)), /client's certificate has expired: it was good until/);
  assert.match(fault({ ca: issue(now - 2 * day, now - day).cert }), /authority's certificate has expired/);
  assert.match(fault(issue(now + day, now + 2 * day)), /is good from .* on only/);
  assert.match(
    fault({ ...good, key: issue(now - day, now + day).key }),
    /not that of the client's certificate/,
  );
  assert.match(fault({ ...good, key: "nothing" }), /the key is none in PEM/);
});
