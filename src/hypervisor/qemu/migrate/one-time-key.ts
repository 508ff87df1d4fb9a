/**
 * The key by which the two QEMUs of one move know each other, where they are connected without anybody between: TLS 1.3 with a
 * secret that both have (PSK; tls-creds-psk of QEMU's qapi/crypto.json). It is made for this move alone.
 */
import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { userOf } from "#base/own-socket";
import { hasCode } from "#contract/errors";
import type { Monitor } from "../monitor.ts";

/** What QEMU calls it. */
export const keyName = "move-key";

export type KeyEnd = "client" | "server";

/** GnuTLS chooses AES-256 by itself, and of Debian 12 is three times as slow then. */
const priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM";

/** Whom the secret is of: both ends say the same. */
const username = "lodge";

/** ffdhe2048 of RFC 7919. Without such a file QEMU makes up a group of its own, for which it computes two seconds. */
const group = `-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
`;

const folderIn = (run: string): string => join(run, "key");

/**
 * Gives a QEMU its end's. GnuTLS reads the file when the other end shows up, so it lies in the folder of its sockets until dropKey().
 *
 * @param run the folder of its sockets
 * @param secret in hexadecimal digits
 * @throws LodgeError host.qemu_failed: it was built without TLS; host.qemu_gone
 */
export async function lendKey(
  monitor: Monitor,
  { run, secret, endpoint }: { readonly run: string; readonly secret: string; readonly endpoint: KeyEnd },
): Promise<void> {
  await dropKey(monitor, run);
  const folder = folderIn(run);
  mkdirSync(folder, { mode: 0o750 });
  const user = userOf(run);
  const own = (path: string) => user !== process.getuid?.() && chownSync(path, process.getuid!(), user);
  own(folder);
  for (const [name, content] of [
    ["keys.psk", `${username}:${secret}\n`],
    ["dh-params.pem", group],
  ] as const) {
    writeFileSync(join(folder, name), content, { mode: 0o640 });
    own(join(folder, name));
  }
  const whom = endpoint === "client" ? { username } : {};
  await monitor.execute("object-add", {
    "qom-type": "tls-creds-psk",
    id: keyName,
    dir: folder,
    endpoint,
    priority,
    ...whom,
  });
}

/** Takes it away again; connections that were made by it go on. Idempotent. */
export async function dropKey(monitor: Monitor, run: string): Promise<void> {
  rmSync(folderIn(run), { recursive: true, force: true });
  try {
    await monitor.execute("object-del", { id: keyName });
  } catch (error) {
    // There is none, or no QEMU any more.
    if (!hasCode(error, "host.qemu_failed", "host.qemu_gone")) throw error;
  }
}
