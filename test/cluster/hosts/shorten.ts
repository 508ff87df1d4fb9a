/**
 * `shorten.ts HOME SECONDS`, in a host of a cluster whose daemon does not run: its certificate is one that ends in so many seconds, by
 * the cluster's own authority. Prints its serial number.
 */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { systemClock } from "#base/clock";
import { openEtcdStore } from "#durable/store/etcd";
import { loadSealKey, openSecret } from "#durable/store/seal";
import { makeCertificate } from "#domain/access/certificate/certificate";
import { authorityKey, type AuthorityRecord } from "#domain/cluster/authority";
import { readClusterFile } from "#domain/cluster/cluster-file";
import { parseDoor } from "#domain/cluster/door-address";
import { clusterFolder, sealKeyFile } from "#domain/cluster/etcd-plan";
import { HostIdentity } from "#domain/cluster/host-identity";

const [, , home = "", seconds = ""] = process.argv;
const file = (await readClusterFile(home))!;
const tls = (await HostIdentity.open(clusterFolder(home), systemClock)).current();
const all = await openEtcdStore({ endpoints: file.etcd.endpoints, tls });
const authority = (await all.get(authorityKey))!.value as AuthorityRecord;
await all.close();
const issuer = new X509Certificate(authority.certificate);
const secret = openSecret(await loadSealKey(sealKeyFile(home)), authority.key, authorityKey);
const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const now = Date.now();
const cert = makeCertificate({
  subject: file.host,
  issuer: issuer.subject.replace(/^CN=/, ""),
  publicKey,
  issuerPublicKey: issuer.publicKey,
  issuerKey: createPrivateKey(secret),
  from: now,
  until: now + Number(seconds) * 1000,
  kind: { names: [parseDoor(file.address).host, "localhost", "127.0.0.1", "::1"], client: true },
});
const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
await HostIdentity.write(clusterFolder(home), systemClock, { ca: tls.ca, cert: cert + tls.ca, key });
process.stdout.write(new X509Certificate(cert).serialNumber);
