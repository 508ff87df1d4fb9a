/** The frames that a page sends over a desktop's line, for validation. */
import { Type } from "./type.ts";
import type { DesktopLineFromPage } from "./desktop.ts";

const strict = { additionalProperties: false } as const;

type Frame<T extends DesktopLineFromPage["type"]> = Extract<DesktopLineFromPage, { readonly type: T }>;

export const ShadowAnsweredSchema = Type.Unsafe<Frame<"shadow-answered">>(
  Type.Object(
    {
      type: Type.Literal("shadow-answered"),
      id: Type.String({ minLength: 1, maxLength: 64 }),
      yes: Type.Boolean(),
    },
    strict,
  ),
);

export const MeasuredSchema = Type.Unsafe<Frame<"measured">>(
  Type.Object(
    {
      type: Type.Literal("measured"),
      roundTrip: Type.Number({ minimum: 0, maximum: 600_000 }),
      framesPerSecond: Type.Number({ minimum: 0, maximum: 1000 }),
    },
    strict,
  ),
);

export const PresentSchema = Type.Unsafe<Frame<"present">>(
  Type.Object({ type: Type.Literal("present") }, strict),
);

export const EndShadowSchema = Type.Unsafe<Frame<"end-shadow">>(
  Type.Object({ type: Type.Literal("end-shadow") }, strict),
);
