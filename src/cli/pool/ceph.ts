/** Options that say how Ceph is reached. */
import { readFileSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import { many, text, type Values } from "../command.ts";

export const cephOptions = {
  monitor: many("HOST[:PORT]", "Of kind rbd: one of Ceph's monitors.", (given) => given),
  user: text("USER", "Of kind rbd: whom Lodge signs in to Ceph as, without 'client.'."),
  keyring: text("FILE", "Of kind rbd: the file that has that user's key.", { complete: "file" }),
} as const;

/** Of a keyring of Ceph's, this user's key; of a file that has nothing but a key, that. Pure. */
export function keyIn(text: string, user: string): string | undefined {
  const bare = text.trim();
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return bare;
  let section = "";
  for (const line of text.split("\n")) {
    section = /^\s*\[(?<name>[^\]]+)\]/.exec(line)?.groups?.["name"] ?? section;
    const key = /^\s*key\s*=\s*(?<key>\S+)\s*$/.exec(line)?.groups?.["key"];
    if (key !== undefined && section === `client.${user}`) return key;
  }
  return undefined;
}

/** What of a request they make. @throws LodgeError api.usage */
export function cephBody(
  { monitor, user: given, keyring }: Values<typeof cephOptions>,
  command: string,
): { readonly monitors?: string[]; readonly user?: string; readonly key?: string } {
  const user = given?.replace(/^client\./, "");
  return {
    ...(monitor ? { monitors: [...monitor] } : {}),
    ...(user === undefined ? {} : { user }),
    ...(keyring === undefined ? {} : { key: keyOf(keyring, user, command) }),
  };
}

function keyOf(file: string, user: string | undefined, command: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new LodgeError("api.usage", { reason: `${file} cannot be read`, command }, { cause });
  }
  const key = keyIn(text, user ?? "");
  if (key !== undefined) return key;
  const reason = user === undefined ? "--user is missing" : `${file} has no key of client.${user}`;
  throw new LodgeError("api.usage", { reason, command });
}
