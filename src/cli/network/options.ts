/** What may be said of a network when it is made and when it is changed. */
import type { Schemas } from "#contract/schemas";
import { flag, many, parsed, text, type Values } from "../command.ts";
import { parseCount } from "../values.ts";

function parseRoute(given: string): { to: string; via: string } {
  const match = /^(\d[\d.]*\/\d+)=(\d[\d.]*)$/.exec(given);
  if (!match)
    throw new RangeError(`'${given}' is no way; write SUBNET=ADDRESS, such as 10.9.0.0/16=10.77.3.7`);
  return { to: match[1]!, via: match[2]! };
}

export const settingOptions = {
  description: text("TEXT", "What it is for."),
  mtu: parsed("BYTES", "Largest packet (default: that of the host's way out).", parseCount(1280, 9216)),
  domain: text("NAME", "The domain that guests' names are in (default lodge.internal)."),
  dns: many(
    "ADDRESS",
    "A DNS server that is asked for other names; may be given again (default: the host's; of an isolated network none).",
    (given) => given,
  ),
  "isolate-guests": flag("Its guests do not see each other. --no-isolate-guests: they do again."),
  route: many(
    "SUBNET=ADDRESS",
    "A way that guests are told of by DHCP: to SUBNET by ADDRESS; may be given again.",
    parseRoute,
  ),
} as const;

export const settingsOf = ({
  description,
  mtu,
  domain,
  dns,
  route,
  "isolate-guests": isolateGuests,
}: Values<typeof settingOptions>): Schemas["NetworkUpdate"] => ({
  ...(description === undefined ? {} : { description }),
  ...(mtu === undefined ? {} : { mtu }),
  ...(domain === undefined ? {} : { domain }),
  ...(dns ? { dns: [...dns] } : {}),
  ...(route ? { routes: [...route] } : {}),
  ...(isolateGuests === undefined ? {} : { isolateGuests }),
});
