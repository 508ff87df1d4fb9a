/** This host's key of WireGuard: in a file that is the daemon's alone. Only its public half is told to others. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { hasWireguard, publicKeyOf, wireguardKeys } from "#hypervisor/net/overlay/wireguard";

let able: Promise<boolean> | undefined;

/** The public half; the pair is made where this host has WireGuard. Undefined: it has not. */
export async function ownKey(file: string): Promise<string | undefined> {
  able ??= hasWireguard();
  if (!(await able)) return undefined;
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (known !== undefined) return publicKeyOf(known.trim());
  const { privateKey, publicKey } = wireguardKeys();
  await writeFile(`${file}.new`, `${privateKey}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return publicKey;
}
