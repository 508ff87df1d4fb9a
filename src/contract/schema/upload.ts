/** Uploads: files that are being sent here to become images. */
import { Type, type Static } from "./type.ts";
import { Bytes, Timestamp } from "./fields.ts";
import { Agent, imageName, sha256 } from "./image.ts";

const strict = { additionalProperties: false } as const;

const fingerprint = Type.String({
  pattern: "^[A-Za-z0-9_-]{1,128}$",
  description:
    "What the sender knows the file by, to find its upload again: 1 to 128 letters, digits, _ and -.",
  examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
});

const file = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[^/\\u0000-\\u001f\\u007f]+$",
  description: "The file's name, without a path.",
  examples: ["appliance.qcow2"],
});

export const Upload = Type.Object({
  id: Type.String({ examples: ["u0123456789"] }),
  project: Type.String({ description: "Whose image it is to become." }),
  file,
  size: Bytes,
  offset: Type.Integer({ minimum: 0, description: "How many bytes are there: where to go on from." }),
  state: Type.Union([Type.Literal("open"), Type.Literal("complete"), Type.Literal("importing")]),
  owner: Type.String({ description: "Who sends it.", examples: ["ops"] }),
  own: Type.Boolean({ description: "Is it whoever asks?" }),
  name: Type.Optional(imageName),
  fingerprint: Type.Optional(fingerprint),
  createdAt: Timestamp,
  expiresAt: Type.String({
    format: "date-time",
    description: "When it is removed unless more of it comes before.",
  }),
});
export type Upload = Static<typeof Upload>;

export const UploadCreate = Type.Object(
  {
    file,
    size: Type.Integer({ minimum: 1, maximum: 2 ** 44, description: "Bytes of the whole file." }),
    name: Type.Optional(imageName),
    fingerprint: Type.Optional(fingerprint),
  },
  strict,
);
export type UploadCreate = Static<typeof UploadCreate>;

export const UploadImport = Type.Object(
  { name: Type.Optional(imageName), sha256: Type.Optional(sha256), agent: Type.Optional(Agent) },
  strict,
);
export type UploadImport = Static<typeof UploadImport>;
