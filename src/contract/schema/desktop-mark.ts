import { Type, type Static } from "./type.ts";

/** What a guest of a pool has in its record. */
export const DesktopMark = Type.Object(
  {
    pool: Type.String({ description: "The pool's id." }),
    revision: Type.Integer({ description: "The pool's, when it was made." }),
    state: Type.Union([
      Type.Literal("making"),
      Type.Literal("standby"),
      Type.Literal("taken"),
      Type.Literal("leaving"),
    ]),
    desktop: Type.Optional(Type.String({ description: "The id of the desktop that it is." })),
  },
  { description: "The desktop pool that it is of: it waits for somebody, or somebody has it." },
);
export type DesktopMark = Static<typeof DesktopMark>;
