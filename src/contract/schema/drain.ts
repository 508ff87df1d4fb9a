/** Emptying a host, and filling it again. */
import { Type, type Static } from "./type.ts";

const strict = { additionalProperties: false } as const;

const Stuck = Type.Object({
  guest: Type.String({ description: "Its id." }),
  name: Type.String(),
  reason: Type.String({ description: "What is in the way." }),
  fix: Type.String({ description: "What would let it go." }),
});

export const DrainPlan = Type.Object({
  moves: Type.Array(
    Type.Object({
      guest: Type.String({ description: "Its id." }),
      name: Type.String(),
      from: Type.String({ description: "Id of this host." }),
      to: Type.String({ description: "Id of the host to which it goes." }),
      toName: Type.String(),
      how: Type.Union([Type.Literal("live"), Type.Literal("cold")]),
      why: Type.String(),
      round: Type.Integer({ description: "Those of one round may be under way together." }),
    }),
  ),
  stuck: Type.Array(Stuck, { description: "Guests that cannot go anywhere." }),
});
export type DrainPlan = Static<typeof DrainPlan>;

export const DrainBody = Type.Object(
  {
    partly: Type.Optional(
      Type.Boolean({
        description: "Also where some guests cannot go anywhere: those stay. Default: move none then.",
      }),
    ),
  },
  strict,
);
export type DrainBody = Static<typeof DrainBody>;

export const ResumeBody = Type.Object(
  {
    stay: Type.Optional(Type.Boolean({ description: "What went elsewhere by the drain stays there." })),
  },
  strict,
);
export type ResumeBody = Static<typeof ResumeBody>;
