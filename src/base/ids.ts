import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A new random id: the prefix and ten characters of Crockford's base 32 (50 bits).
 * Short, because ids become parts of socket paths, which must stay below 108 bytes.
 */
export function newId(prefix: string): string {
  let id = prefix;
  for (const byte of randomBytes(10)) id += alphabet[byte & 31];
  return id;
}
