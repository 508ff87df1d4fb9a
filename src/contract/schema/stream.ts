/** The schemas of the frames that clients send (see stream.ts), for validation and documentation. */
import { Type } from "./type.ts";
import type { ConsoleStart, DropStart, ExecStart, FileStart, Resize, Signal, Eof } from "../stream.ts";

const strict = { additionalProperties: false } as const;
/** Linux takes no argument longer than 128 KiB (MAX_ARG_STRLEN in execve(2)), and none with a NUL. */
const argument = Type.String({ maxLength: 131_071, pattern: "^[^\\u0000]*$" });
const path = Type.String({ minLength: 1, maxLength: 4095, pattern: "^/[^\\u0000]*$" });
const cells = Type.Integer({ minimum: 1, maximum: 65_535 });

export const ExecStartSchema = Type.Unsafe<ExecStart>(
  Type.Object(
    {
      type: Type.Literal("exec"),
      argv: Type.Array(argument, { maxItems: 65_536 }),
      env: Type.Optional(Type.Record(Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }), argument, strict)),
      cwd: Type.Optional(path),
      user: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]{0,31}$" })),
      tty: Type.Optional(
        Type.Object(
          { rows: cells, cols: cells, term: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$" }) },
          strict,
        ),
      ),
      agentTimeout: Type.Optional(Type.Number({ minimum: 0, maximum: 3600 })),
    },
    strict,
  ),
);

export const ConsoleStartSchema = Type.Unsafe<ConsoleStart>(
  Type.Object(
    {
      type: Type.Literal("console"),
      scrollback: Type.Optional(Type.Integer({ minimum: 0, maximum: 16_777_216 })),
    },
    strict,
  ),
);

export const FileStartSchema = Type.Unsafe<FileStart>(
  Type.Object(
    {
      type: Type.Literal("file"),
      direction: Type.Union([Type.Literal("in"), Type.Literal("out")]),
      path,
    },
    strict,
  ),
);

export const DropStartSchema = Type.Unsafe<DropStart>(
  Type.Object(
    {
      type: Type.Literal("drop"),
      name: Type.String({ minLength: 1, maxLength: 1024 }),
      size: Type.Integer({ minimum: 0, maximum: 1_099_511_627_776 }),
    },
    strict,
  ),
);

export const EofSchema = Type.Unsafe<Eof>(Type.Object({ type: Type.Literal("eof") }, strict));

export const ResizeSchema = Type.Unsafe<Resize>(
  Type.Object({ type: Type.Literal("resize"), rows: cells, cols: cells }, strict),
);

export const SignalSchema = Type.Unsafe<Signal>(
  Type.Object(
    { type: Type.Literal("signal"), signal: Type.String({ pattern: "^SIG[A-Z0-9]{2,10}$" }) },
    strict,
  ),
);
