/** A folder of the host's that a guest sees. */
import { Type, type Static } from "./type.ts";

const strict = { additionalProperties: false } as const;

/** So many a guest may have. */
export const mostShares = 8;

const ShareName = Type.String({
  minLength: 1,
  maxLength: 32,
  pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
  description: "By which the guest mounts it: mount -t virtiofs NAME.",
  examples: ["code"],
});

const HostPath = Type.String({
  maxLength: 1024,
  pattern: "^/[^\\u0000-\\u001f\\u007f]*$",
  description: "Of a folder of the host's.",
  examples: ["/srv/code"],
});

/** Without blanks, which /proc/mounts writes in another way, and without "." and "..". */
const GuestPath = Type.String({
  maxLength: 512,
  pattern:
    "^(/([^/.\\s\\u0000-\\u001f]|\\.[^/.\\s\\u0000-\\u001f]|\\.\\.[^/\\s\\u0000-\\u001f])[^/\\s\\u0000-\\u001f]*)+$",
  description: "The folder in the guest at which its agent mounts it.",
  examples: ["/mnt/code"],
});

export const Share = Type.Object({
  name: ShareName,
  path: HostPath,
  at: GuestPath,
  readOnly: Type.Boolean({ description: "The guest may only read there." }),
});
export type Share = Static<typeof Share>;

export const ShareAdd = Type.Object(
  {
    path: HostPath,
    name: Type.Optional(ShareName),
    at: Type.Optional(GuestPath),
    readOnly: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
);
export type ShareAdd = Static<typeof ShareAdd>;
