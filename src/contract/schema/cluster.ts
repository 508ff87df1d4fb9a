/** Many hosts that are one. */
import { Type, type Static } from "./type.ts";
import { Name } from "./fields.ts";

export const HostId = Type.String({ pattern: "^h[0-9a-z]{10}$", examples: ["h0123456789"] });

export const PeerHello = Type.Object({
  id: HostId,
  name: Name,
  version: Type.String(),
  wire: Type.Integer({ description: "What it speaks with other hosts." }),
  now: Type.Integer({ description: "Its clock: milliseconds since the epoch." }),
  startedAt: Type.Integer({ description: "Since when its daemon runs: milliseconds since the epoch." }),
});
export type PeerHello = Static<typeof PeerHello>;
