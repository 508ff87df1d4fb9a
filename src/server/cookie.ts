/** The one cookie there is (RFC 6265bis). */

/**
 * Named by Lodge's tag, since cookies do not keep ports apart and two Lodges on one host would sign each other
 * out. Under TLS the prefix makes browsers refuse one that was set without it.
 */
export const cookieName = (tag: string, { secure }: { readonly secure: boolean }): string =>
  `${secure ? "__Host-" : ""}lodge-${tag}`;

export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || undefined;
  }
  return undefined;
}

/** A Set-Cookie header; without a secret, one that takes the cookie away. */
export function setCookie(
  name: string,
  { secure }: { readonly secure: boolean },
  secret: string | undefined,
  until: number,
): string {
  const attributes = ["Path=/", "HttpOnly", "SameSite=Strict", ...(secure ? ["Secure"] : [])];
  const expires = new Date(secret === undefined ? 0 : until).toUTCString();
  return `${name}=${secret ?? ""}; Expires=${expires}; ${attributes.join("; ")}`;
}
