/**
 * Signing in with an account that one has elsewhere (OpenID Connect): this page goes there, and is opened anew
 * with what it came back with. What ties the two together is kept in this tab alone.
 */
import { call } from "./api.ts";
import type { Identity } from "./session.tsx";

const key = "lodge-provider";

interface Begun {
  readonly provider: string;
  readonly handle: string;
}

export async function goToProvider(provider: string): Promise<void> {
  const { url, handle } = await call("oidcBegin", { params: { provider } });
  sessionStorage.setItem(key, JSON.stringify({ provider, handle } satisfies Begun));
  location.assign(url);
}

/** What the provider said, where this page was just sent back by one: taken once, before the router looks. */
const back = ((): (Begun & { readonly query: string }) | undefined => {
  const kept = sessionStorage.getItem(key);
  const query = location.search;
  if (kept === null || !new URLSearchParams(query).has("state")) return undefined;
  sessionStorage.removeItem(key);
  history.replaceState(null, "", "/");
  return { ...(JSON.parse(kept) as Begun), query };
})();
let taken = false;

export const isBack = (): boolean => back !== undefined && !taken;

export async function enterWithProvider(): Promise<Identity | undefined> {
  if (!back || taken) return undefined;
  taken = true;
  const { provider, handle, query } = back;
  return call("oidcSignIn", { params: { provider }, body: { handle, query } });
}
