/** The desktop line: the WebSocket of JSON that a page has beside a desktop's display. */
import type { Announced, Desktop } from "./desktop.ts";
import { Type } from "./type.ts";

export type DesktopLineFromServer =
  | { readonly type: "desktop"; readonly desktop: Desktop }
  /** An end draws near; without `announced` it was called off, as by a key that was pressed. */
  | { readonly type: "announced"; readonly announced?: Announced }
  | { readonly type: "message"; readonly from: string; readonly text: string; readonly at: string }
  | { readonly type: "shadow-asked"; readonly id: string; readonly by: string; readonly control: boolean }
  /** `by`: who is looking on now; nobody: an empty list. */
  | {
      readonly type: "shadowed";
      readonly by: readonly { readonly user: string; readonly control: boolean }[];
    }
  /** That question is answered by another page, or nobody waits for the answer any more. */
  | { readonly type: "shadow-settled"; readonly id: string }
  | { readonly type: "recording"; readonly on: boolean }
  | {
      readonly type: "ended";
      readonly why: Announced["why"] | "taken-over" | "signed-off" | "reset" | "lost";
    };

export type DesktopLineFromPage =
  | { readonly type: "shadow-answered"; readonly id: string; readonly yes: boolean }
  /** As the page measures it: milliseconds, and frames a second. */
  | { readonly type: "measured"; readonly roundTrip: number; readonly framesPerSecond: number }
  /** Whoever is warned of idleness is still there. */
  | { readonly type: "present" }
  /** Whoever looks on shall not any more. */
  | { readonly type: "end-shadow" };

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
