/**
 * The code of a one-time link. It comes in the part of the address that a browser never sends to anybody, and
 * leaves the address, and with it the history, before the router looks: so this is the first module to load.
 */
let code: string | undefined;

const match = /^#\/welcome\?code=([\w-]+)$/.exec(location.hash);
if (match) {
  code = match[1];
  history.replaceState(null, "", "/welcome");
}

export const linkCode = (): string | undefined => code;

/** It was used: it would not work again. */
export function forgetCode(): void {
  code = undefined;
}
