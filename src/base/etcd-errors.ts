/** etcd's words in the catalogue's. The only place that knows them: etcdserver/api/v3rpc/rpctypes/error.go. */
import { LodgeError } from "#contract/errors";
import { EtcdRefusal, EtcdSilence } from "./etcd-connection.ts";

const texts = {
  noSpace: /database space exceeded/,
  noLease: /requested lease not found/,
  leaseExists: /lease already exists/,
  tooLarge: /request is too large/,
  tooMany: /too many operations in txn request/,
  noLeader: /no leader|leader changed|leader failure/,
  compacted: /required revision has been compacted/,
  future: /required revision is a future revision/,
  noMember: /member not found/,
  notInSync: /can only promote a learner member which is in sync/,
  notLearner: /can only promote a learner member$/,
} as const;

/** Is this that refusal of etcd's, or was it caused by it? */
export const isRefusal = (error: unknown, what: keyof typeof texts): boolean =>
  error instanceof LodgeError
    ? isRefusal(error.cause, what)
    : error instanceof EtcdRefusal && texts[what].test(error.message);

/** @param where the members' addresses */
export function storeFailure(error: unknown, where: string, lease = ""): LodgeError {
  if (error instanceof LodgeError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const options = { cause: error, detail };
  const path = `etcd (${where})`;
  if (isRefusal(error, "noSpace")) return new LodgeError("host.no_space", { path }, options);
  if (isRefusal(error, "noLease")) return new LodgeError("store.lease_lost", { lease }, options);
  if (isRefusal(error, "tooLarge") || isRefusal(error, "tooMany")) {
    const limit = "what --max-request-bytes and --max-txn-ops of this etcd allow";
    return new LodgeError("store.too_large", { limit, found: "more" }, options);
  }
  return new LodgeError("store.unavailable", { path, reason: reasonOf(error) }, options);
}

const noQuorum = "it has no quorum, so nothing can be changed";

function reasonOf(error: unknown): string {
  if (isRefusal(error, "noLeader")) return noQuorum;
  const distrust = error instanceof EtcdSilence ? distrustOf(error.cause) : undefined;
  if (distrust !== undefined) return distrust;
  if (error instanceof EtcdSilence) return noQuorum;
  if (error instanceof EtcdRefusal) return "it refuses the call";
  return "it is closed";
}

/** What codes of Node's and OpenSSL's about certificates say; undefined: it is about something else. */
function distrustOf(cause: unknown): string | undefined {
  const code = (cause as { code?: string } | undefined)?.code ?? "";
  if (/^CERT_HAS_EXPIRED$/.test(code))
    return "the certificate that it shows has expired, or a clock is wrong";
  if (/^CERT_NOT_YET_VALID$/.test(code))
    return "the certificate that it shows is not valid yet: a clock is wrong";
  if (/^ERR_TLS_CERT_ALTNAME_INVALID$|^HOSTNAME_MISMATCH$/.test(code))
    return "the certificate that it shows is not for this address";
  if (/^(UNABLE_TO_|DEPTH_|SELF_SIGNED|CERT_)/.test(code))
    return "another authority than the one that is expected signed the certificate that it shows";
  // An alert is what the other end says of ours.
  if (/^ERR_SSL.*ALERT.*(CERTIFICATE|UNKNOWN_CA)/.test(code))
    return "it does not accept this host's certificate, or wants one and is shown none";
  if (/^ERR_(SSL|TLS)/.test(code)) return "it and this host do not come to speak TLS with each other";
  return undefined;
}
