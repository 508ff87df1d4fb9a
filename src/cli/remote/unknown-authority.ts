import { X509Certificate } from "node:crypto";
import { connect, type ConnectionOptions, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { isIP } from "node:net";
import { connectionError } from "#client/transport";

export interface Authority {
  readonly pem: string;
  readonly fingerprint: string;
}

/** Milliseconds. */
const patience = 10_000;

/** The certificate authority behind an address, where this computer does not trust the address as it is. */
export async function unknownAuthority(url: URL): Promise<Authority | undefined> {
  if (url.protocol === "http:") return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const options = { host, port: Number(url.port || 443), ...(isIP(host) === 0 ? { servername: host } : {}) };
  // Nothing is sent: what is shown here is looked at, and trusted only once its fingerprint was compared.
  const socket = await handshake({ ...options, rejectUnauthorized: false }, url);
  try {
    if (socket.authorized) return undefined;
    const last = root(socket.getPeerCertificate(true));
    const certificate = new X509Certificate(last.raw);
    return { pem: certificate.toString(), fingerprint: certificate.fingerprint256 };
  } finally {
    socket.destroy();
  }
}

/** The last one of those that the server shows. */
function root(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  const { issuerCertificate: issuer } = certificate;
  return issuer && issuer.fingerprint256 !== certificate.fingerprint256 ? root(issuer) : certificate;
}

function handshake(options: ConnectionOptions, url: URL): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const fail = (error: NodeJS.ErrnoException) => reject(connectionError(error, { url: url.origin }));
    socket.once("secureConnect", () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.once("error", fail);
    socket.setTimeout(patience, () => {
      socket.destroy();
      fail(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
    });
  });
}
