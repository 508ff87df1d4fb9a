/** The schema of what operation.ts describes, for validation and documentation. */
import { Type } from "./type.ts";
import type { Operation } from "../operation.ts";

export const OperationSchema = Type.Unsafe<Operation>(
  Type.Object(
    {
      id: Type.String(),
      kind: Type.String({ examples: ["guest.create"] }),
      targets: Type.Array(Type.String()),
      status: Type.String({ examples: ["running", "undoing", "succeeded", "failed", "cancelled"] }),
      progress: Type.Object({}, { additionalProperties: true }),
      actor: Type.Optional(
        Type.String({
          description:
            'Who asked for it: an account, "account/token", or "host". None: what Lodge does by itself.',
          examples: ["anna"],
        }),
      ),
      host: Type.Optional(
        Type.String({
          description: "In a cluster: the host that does it, by its name. Of lists and the feed.",
        }),
      ),
      startedAt: Type.String({ format: "date-time" }),
    },
    { additionalProperties: true },
  ),
);
