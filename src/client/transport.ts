/**
 * Requests to the daemon by node:http. A command's whole life is some 100 ms, so nothing is loaded that
 * is not needed: getBuiltinModule takes 10 ms where `import "node:http"` takes 50, since that reads every
 * getter of the module.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { LodgeError } from "#contract/errors";
import { nameOf, type Address } from "./address.ts";
import { answerError, type RawAnswer, type RawRequest } from "./request.ts";

/**
 * Sends a request and reads the whole answer.
 *
 * @throws LodgeError what the daemon answered, or api.daemon_unreachable, api.daemon_forbidden,
 *   api.daemon_lost, api.unexpected_answer; the signal's reason when aborted.
 */
export async function send(address: Address, raw: RawRequest): Promise<RawAnswer> {
  raw.signal?.throwIfAborted();
  const [status, body, etag] = await new Promise<[number, Buffer, string | undefined]>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(raw.signal?.aborted ? raw.signal.reason : connectionError(error, address));
    const request = open(address, raw);
    request.on("error", fail);
    request.on("response", (response) => {
      const { statusCode = 0, headers } = response;
      readAll(response).then((content) => resolve([statusCode, content, headers.etag]), fail);
    });
    request.end(raw.body);
  });
  if (status >= 200 && status < 300) return { body, etag };
  throw answerError(status, body, nameOf(address));
}

function open(address: Address, { method, path, body, headers: more, signal }: RawRequest): ClientRequest {
  const headers: Record<string, string> = { ...more, ...authorization(address) };
  if (body !== undefined) {
    headers["content-type"] ??= "application/json";
    headers["content-length"] = String(Buffer.byteLength(body));
  }
  // A connection of its own each time: over a socket it costs next to nothing, and none is ever stale.
  const options: RequestOptions = { method, headers, agent: false, ...(signal ? { signal } : {}) };
  const http = process.getBuiltinModule("node:http");
  if ("socketPath" in address) return http.request({ ...options, socketPath: address.socketPath, path });
  const url = parseUrl(address, path);
  if (url.protocol === "https:")
    return process.getBuiltinModule("node:https").request(url, { ...options, ...trust(address) });
  return http.request(url, options);
}

/** Whom a TLS connection trusts: where an authority is pinned, that one alone. */
export const trust = (address: Address): { ca?: string } =>
  "url" in address && address.ca !== undefined ? { ca: address.ca } : {};

/** @throws LodgeError api.invalid where LODGE_URL is none. */
export function parseUrl(address: { readonly url: string }, path: string): URL {
  const url = URL.parse(path, address.url);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new LodgeError("api.invalid", { field: "LODGE_URL", reason: "must be like http://127.0.0.1:7070" });
}

export const authorization = (address: Address): Record<string, string> =>
  "url" in address && address.token !== undefined ? { authorization: `Bearer ${address.token}` } : {};

export async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "ENOTSOCK",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
]);

/** What OpenSSL and Node say of a certificate (X509_STORE_CTX_get_error(3)). */
const untrusted: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "this computer does not know its authority",
  UNABLE_TO_GET_ISSUER_CERT: "this computer does not know its authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "this computer does not know its authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "this computer does not know its authority",
  CERT_SIGNATURE_FAILURE: "its authority is another one",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for other names",
};

/** What a failed connection means for the user. */
export function connectionError(error: NodeJS.ErrnoException, address: Address): LodgeError {
  const where = nameOf(address);
  if (error instanceof LodgeError) return error;
  if (unreachable.has(error.code ?? "")) {
    return new LodgeError("api.daemon_unreachable", { address: where }, { cause: error });
  }
  // So Node names what OpenSSL says of an answer that is no TLS ("wrong version number"), as plain HTTP is not.
  if (error.code === "EPROTO") {
    return new LodgeError("api.no_tls", { address: where }, { cause: error });
  }
  const reason = untrusted[error.code ?? ""];
  if (reason !== undefined) {
    return new LodgeError("api.certificate_refused", { address: where, reason }, { cause: error });
  }
  if (error.code === "EACCES" || error.code === "EPERM") {
    return new LodgeError("api.daemon_forbidden", { address: where }, { cause: error });
  }
  return new LodgeError("api.daemon_lost", { address: where }, { cause: error });
}
