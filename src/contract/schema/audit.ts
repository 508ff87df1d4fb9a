/** The record of who did what. */
import { Type, type Static } from "./type.ts";
import { Timestamp } from "./fields.ts";

export const AuditEntry = Type.Object({
  host: Type.Optional(Type.String({ description: "In a cluster: the host that did it, by its name." })),
  id: Type.String({ description: "Grows with each entry." }),
  at: Timestamp,
  actor: Type.Union(
    [Type.Literal("user"), Type.Literal("token"), Type.Literal("host"), Type.Literal("nobody")],
    {
      description: "A person, a program with a token, whoever has the host itself, or nobody who is known.",
    },
  ),
  user: Type.Optional(
    Type.String({ description: "The account; of a failed sign-in, the one that was tried." }),
  ),
  token: Type.Optional(Type.String()),
  session: Type.Optional(Type.String()),
  address: Type.Optional(Type.String({ description: "None: through the unix socket." })),
  action: Type.String({ description: "The endpoint's name.", examples: ["guestDelete"] }),
  path: Type.String({ examples: ["/v1/guests/web"] }),
  target: Type.Optional(
    Type.String({ description: "What the path names or, of what was made, its name.", examples: ["web"] }),
  ),
  project: Type.Optional(Type.String({ description: "The project of what it was about; none: the host's." })),
  result: Type.Union([Type.Literal("done"), Type.Literal("refused"), Type.Literal("failed")], {
    description: "refused: 4xx; failed: 5xx. What was begun as an operation is done once that succeeded.",
  }),
  status: Type.Integer(),
  code: Type.Optional(Type.String({ description: "The error's." })),
  operation: Type.Optional(Type.String({ description: "The operation that began." })),
  detail: Type.Optional(
    Type.String({
      description: "What else matters of it, in words: which file, or why somebody reached into a desktop.",
    }),
  ),
});
export type AuditEntry = Static<typeof AuditEntry>;

export const AuditQuery = Type.Object(
  {
    user: Type.Optional(Type.String({ maxLength: 64 })),
    action: Type.Optional(Type.String({ maxLength: 64, description: "An endpoint's name." })),
    target: Type.Optional(
      Type.String({ maxLength: 128, description: "What was acted on, by the name or id that was used." }),
    ),
    result: Type.Optional(
      Type.Union([Type.Literal("done"), Type.Literal("refused"), Type.Literal("failed")]),
    ),
    since: Type.Optional(Timestamp),
    until: Type.Optional(Timestamp),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: "At most so many. Default 100." }),
    ),
    cursor: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9_-]{1,4000}$",
        description: "An earlier page's `next`.",
        examples: ["000000004711"],
      }),
    ),
  },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof AuditQuery>;
