/** Many hosts that are one. */
import { Type, type Static } from "./type.ts";
import { Name } from "./fields.ts";

export const HostId = Type.String({ pattern: "^h[0-9a-z]{10}$", examples: ["h0123456789"] });

/** An image's files as a host sends them to another: domain/image/copy/manifest.ts. */
export const ImageManifest = Type.Object({
  record: Type.Unsafe<object>({ type: "object", description: "As the host that has it keeps it." }),
  files: Type.Array(
    Type.Object({
      name: Type.String(),
      size: Type.Integer({ minimum: 0 }),
      pieces: Type.Array(Type.String({ description: "SHA-256 in hexadecimal; empty: it is all zeros." })),
    }),
  ),
});
export type ImageManifest = Static<typeof ImageManifest>;

export const ImagePieceQuery = Type.Object(
  {
    file: Type.String({ pattern: "^[A-Za-z0-9._-]{1,200}$" }),
    offset: Type.Integer({ minimum: 0 }),
    length: Type.Integer({ minimum: 1, maximum: 16 * 1024 * 1024 }),
  },
  { additionalProperties: false },
);
export type ImagePieceQuery = Static<typeof ImagePieceQuery>;

export const PeerHello = Type.Object({
  id: HostId,
  name: Name,
  version: Type.String(),
  wire: Type.Integer({ description: "What it speaks with other hosts." }),
  now: Type.Integer({ description: "Its clock: milliseconds since the epoch." }),
  startedAt: Type.Integer({ description: "Since when its daemon runs: milliseconds since the epoch." }),
});
export type PeerHello = Static<typeof PeerHello>;
