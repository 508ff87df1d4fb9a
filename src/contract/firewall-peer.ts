/** Who a rule of a firewall speaks of, as users write it. */
export type FirewallPeer =
  | { readonly kind: "any" }
  | { readonly kind: "cidr"; readonly cidr: string }
  | { readonly kind: "guest" | "group" | "network"; readonly name: string }
  | { readonly kind: "label"; readonly key: string; readonly value: string };

const octet = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const v4 = new RegExp(`^${octet}(\\.${octet}){3}(/(3[0-2]|[12]?\\d))?$`);
const v6Length = /\/(12[0-8]|1[01]\d|\d?\d)$/;

/** Eight groups of hexadecimal digits, of which one run may be left out as "::". */
function isV6(text: string): boolean {
  if (!/^[0-9a-f:]+$/i.test(text)) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const whole = groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group));
  return whole && (halves.length === 2 ? groups.length < 8 : groups.length === 8);
}

/** Undefined for what says nobody. */
export function parseFirewallPeer(text: string): FirewallPeer | undefined {
  if (text === "any") return { kind: "any" };
  const named = /^(guest|group|network):(.+)$/.exec(text);
  if (named) return { kind: named[1] as "guest", name: named[2]! };
  const label = /^label:([^=]+)=(.*)$/.exec(text);
  if (label) return { kind: "label", key: label[1]!, value: label[2]! };
  if (v4.test(text)) return { kind: "cidr", cidr: text };
  const bare = text.replace(v6Length, "");
  return isV6(bare) ? { kind: "cidr", cidr: text.toLowerCase() } : undefined;
}
