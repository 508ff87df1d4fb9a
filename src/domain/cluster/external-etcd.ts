/**
 * By which certificates an etcd of the user's is reached: HOME/cluster/etcd-client.json, which its owner alone reads. Hosts that join
 * are given it with the rest of what the cluster knows. Whoever renews the certificates replaces the file; it is read anew every hour.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { clusterFolder } from "./etcd-plan.ts";
import { replace } from "./host-identity.ts";

/** PEM. Without `cert` and `key` the etcd takes anybody's word for who he is. */
export type ExternalTls = NonNullable<Schemas["ClusterInit"]["etcdTls"]>;

export const externalTlsFile = (home: string): string => join(clusterFolder(home), "etcd-client.json");

/** What is wrong with them, as far as that can be seen here, in words; undefined: nothing. */
export function faultOf({ ca, cert, key }: ExternalTls, now: number): string | undefined {
  if ((cert === undefined) !== (key === undefined))
    return "a certificate needs its key, and a key its certificate";
  const fault = faultOfCertificate("the authority's certificate", ca, now);
  if (fault !== undefined || cert === undefined || key === undefined) return fault;
  return faultOfCertificate("the client's certificate", cert, now) ?? faultOfKey(cert, key);
}

function faultOfCertificate(what: string, pem: string, now: number): string | undefined {
  let found: X509Certificate;
  try {
    found = new X509Certificate(pem);
  } catch {
    return `${what} is none in PEM`;
  }
  if (Date.parse(found.validTo) <= now) return `${what} has expired: it was good until ${found.validTo}`;
  if (Date.parse(found.validFrom) > now) return `${what} is good from ${found.validFrom} on only`;
  return undefined;
}

function faultOfKey(cert: string, key: string): string | undefined {
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return undefined;
    return "the key is not that of the client's certificate";
  } catch {
    return "the key is none in PEM, or one with a passphrase";
  }
}

/** @throws LodgeError cluster.etcd_certificate */
export function requireUsable(tls: ExternalTls, now: number): void {
  const reason = faultOf(tls, now);
  if (reason !== undefined) throw new LodgeError("cluster.etcd_certificate", { reason });
}

export const writeExternalTls = (home: string, tls: ExternalTls): Promise<void> =>
  replace(externalTlsFile(home), `${JSON.stringify(tls, undefined, 2)}\n`, 0o600);

/** Undefined: it is reached without. @throws LodgeError store.membership */
export async function readExternalTls(home: string): Promise<ExternalTls | undefined> {
  const path = externalTlsFile(home);
  try {
    return JSON.parse(await readFile(path, "utf8")) as ExternalTls;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new LodgeError("store.membership", { path, reason: (cause as Error).message }, { cause });
  }
}
