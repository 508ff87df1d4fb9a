import { randomBytes } from "node:crypto";
import { chmod, readFile, rename, stat, writeFile } from "node:fs/promises";
import { LodgeError } from "#contract/errors";

/**
 * The secret that clients of the TCP address show, from its file; made on first use, 256 random bits.
 *
 * @throws LodgeError api.token_unsafe where others could have read it.
 */
export async function ensureToken(path: string): Promise<string> {
  const mode = await stat(path).then(
    (found) => found.mode,
    () => undefined,
  );
  if (mode !== undefined) {
    if ((mode & 0o077) !== 0) throw new LodgeError("api.token_unsafe", { path });
    const token = (await readFile(path, "utf8")).trim();
    // A file cut short by a full disk must not become an easy secret.
    if (token.length >= 43) return token;
  }
  const token = randomBytes(32).toString("base64url");
  const draft = `${path}.new`;
  await writeFile(draft, `${token}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
  return token;
}
