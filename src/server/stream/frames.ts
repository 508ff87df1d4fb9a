import { LodgeError } from "#contract/errors";
import { schemas, type Schemas } from "#contract/schemas";
import { checker } from "../validation.ts";

/** Frames that open a stream. */
interface StartFrames {
  readonly ExecStart: Schemas["ExecStart"];
  readonly ConsoleStart: Schemas["ConsoleStart"];
  readonly FileStart: Schemas["FileStart"];
  readonly DropStart: Schemas["DropStart"];
}

/** Frames that a client sends later. */
interface ControlFrames {
  readonly Eof: Schemas["Eof"];
  readonly Resize: Schemas["Resize"];
  readonly Signal: Schemas["Signal"];
}

/** Frames that a page sends over a desktop's line. */
interface LineFrames {
  readonly DesktopShadowAnswered: Schemas["DesktopShadowAnswered"];
  readonly DesktopMeasured: Schemas["DesktopMeasured"];
  readonly DesktopPresent: Schemas["DesktopPresent"];
  readonly DesktopEndShadow: Schemas["DesktopEndShadow"];
}

export type StartName = keyof StartFrames;
type FrameName = StartName | keyof ControlFrames | keyof LineFrames;

const checks = new Map<string, ReturnType<typeof checker>>();

function check(name: FrameName, value: unknown): LodgeError | undefined {
  let found = checks.get(name);
  if (!found) checks.set(name, (found = checker(schemas[name], "frame")));
  return found(value);
}

const types = {
  ExecStart: "exec",
  ConsoleStart: "console",
  FileStart: "file",
  DropStart: "drop",
  Eof: "eof",
  Resize: "resize",
  Signal: "signal",
  DesktopShadowAnswered: "shadow-answered",
  DesktopMeasured: "measured",
  DesktopPresent: "present",
  DesktopEndShadow: "end-shadow",
} as const satisfies { [N in FrameName]: Schemas[N]["type"] };

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LodgeError("api.invalid", { field: "frame", reason: "is not JSON" });
  }
}

/** A text message as one of the named frames. @throws LodgeError api.invalid */
export function checkFrame<N extends FrameName>(text: string, ...names: N[]): Schemas[N] {
  const value = parse(text);
  const type = (value as { type?: unknown } | null)?.type;
  const known = names.find((candidate) => types[candidate] === type);
  if (!known) {
    const reason = `must be ${names.map((name) => types[name]).join(" or ")} here`;
    throw new LodgeError("api.invalid", { field: "type", reason });
  }
  const error = check(known, value);
  if (error) throw error;
  return value as Schemas[N];
}
