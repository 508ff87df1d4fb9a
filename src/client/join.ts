/**
 * Asks a cluster to take this host in. Whoever answers is known by the fingerprint that the token carries: its certificate has
 * to come from that authority, whatever its address.
 */
import { connect, type PeerCertificate } from "node:tls";
import { LodgeError } from "#contract/errors";
import { routes } from "#contract/routes";
import type { Schemas } from "#contract/schemas";
import { wire, wireHeader } from "#contract/wire";
import { answerError } from "./request.ts";
import { readAll } from "./transport.ts";

/** Milliseconds for a connection, and for the answer. */
const connectPatience = 5_000;
const patience = 30_000;

export interface JoinRequest {
  /** "HOST:PORT" of members' peer doors. */
  readonly addresses: readonly string[];
  /** SHA-256 of the authority's certificate, in hexadecimal with colons. */
  readonly fingerprint: string;
  readonly body: Schemas["PeerJoin"];
}

/** Asks one member after the other. @throws LodgeError cluster.another_authority, cluster.host_unreachable, what it answers */
export async function askToJoin({
  addresses,
  fingerprint,
  body,
}: JoinRequest): Promise<Schemas["PeerJoined"]> {
  let failure: unknown = new LodgeError("cluster.token_malformed");
  for (const address of addresses) {
    try {
      const ca = await certificateAt(address, fingerprint);
      return await post(address, ca, body);
    } catch (error) {
      failure = error;
      // What it says holds for each of them.
      if (error instanceof LodgeError && error.code !== "cluster.host_unreachable") throw error;
    }
  }
  throw failure;
}

/**
 * The certificate of the authority that whoever is there comes from, in PEM: the one that is expected.
 * @throws LodgeError cluster.another_authority, cluster.host_unreachable
 */
export function certificateAt(address: string, fingerprint: string): Promise<string> {
  const { hostname, port } = new URL(`https://${address}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      socket.destroy();
      reject(unreachable(address, error));
    };
    // It is trusted by what is looked at here, and by nothing else.
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, minVersion: "TLSv1.3" });
    const limit = setTimeout(() => fail({ code: "ETIMEDOUT" }), connectPatience);
    socket.once("close", () => clearTimeout(limit));
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      const found = rootOf(socket.getPeerCertificate(true));
      socket.destroy();
      if (found?.fingerprint256 !== fingerprint)
        reject(new LodgeError("cluster.another_authority", { address }));
      else resolve(pemOf(found.raw));
    });
  });
}

function rootOf(
  leaf: PeerCertificate & { issuerCertificate?: PeerCertificate },
): PeerCertificate | undefined {
  return leaf.issuerCertificate;
}

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;

async function post(address: string, ca: string, body: Schemas["PeerJoin"]): Promise<Schemas["PeerJoined"]> {
  const { request } = process.getBuiltinModule("node:https");
  const content = JSON.stringify(body);
  const { method, path } = routes.peerJoin;
  try {
    const [status, bytes] = await new Promise<[number, Buffer]>((resolve, reject) => {
      const outgoing = request(new URL(path, `https://${address}`), {
        method,
        ca,
        agent: false,
        minVersion: "TLSv1.3",
        signal: AbortSignal.timeout(patience),
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(content),
          [wireHeader]: String(wire),
        },
      });
      outgoing.once("error", reject);
      outgoing.once("response", (response) => {
        readAll(response).then((all) => resolve([response.statusCode ?? 0, all]), reject);
      });
      outgoing.end(content);
    });
    if (status !== 200) throw answerError(status, bytes, address);
    return JSON.parse(bytes.toString("utf8")) as Schemas["PeerJoined"];
  } catch (error) {
    throw error instanceof LodgeError ? error : unreachable(address, error);
  }
}

function unreachable(address: string, error: unknown): LodgeError {
  const { code = "no answer" } = error as { code?: string };
  return new LodgeError("cluster.host_unreachable", { host: address, reason: code }, { cause: error });
}
