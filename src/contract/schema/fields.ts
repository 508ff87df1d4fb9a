import { Type, type Static } from "./type.ts";

/** A name a user gives: a DNS label, since guests answer to it on their network. */
export const Name = Type.String({
  pattern: "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
  maxLength: 63,
  description: "A DNS label: lower-case letters, digits and hyphens, beginning with a letter.",
  examples: ["web-1"],
});

/** Bytes. The CLI also takes 512M, 2G and so on. */
export const Bytes = Type.Integer({ minimum: 0, description: "A number of bytes." });

export const Timestamp = Type.String({ format: "date-time", description: "RFC 3339, UTC." });

export const Labels = Type.Record(
  Type.String({ pattern: "^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$" }),
  Type.String({ maxLength: 255 }),
  { additionalProperties: false, description: "Free key-value pairs to find things by." },
);
export type Labels = Static<typeof Labels>;

export const Empty = Type.Object({}, { additionalProperties: false });
