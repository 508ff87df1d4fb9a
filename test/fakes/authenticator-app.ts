import { codeAt, stepAt } from "#domain/access/totp";

/** What an app shows that has read this address. */
export function shownByApp(uri: string, now: number): string {
  const secret = new URL(uri).searchParams.get("secret") ?? "";
  const bits = [...secret]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const bytes = (bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2));
  return codeAt(Uint8Array.from(bytes), stepAt(now));
}
