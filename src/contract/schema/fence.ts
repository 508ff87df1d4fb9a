/** Fence devices: what says of a host from outside that it is off. */
import { Type, type Static } from "./type.ts";
import { Timestamp } from "./fields.ts";

const Host = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The host's name or id in the cluster.",
});

export const Fence = Type.Object({
  name: Type.String({ description: "The host's name." }),
  command: Type.Array(Type.String(), {
    description: "What is run, on whichever host takes over: it succeeds once the host is surely off.",
    examples: [["/usr/local/sbin/power-off", "10.0.9.1"]],
  }),
  timeout: Type.Integer({ description: "Seconds that it gets." }),
  last: Type.Optional(
    Type.Object(
      {
        at: Timestamp,
        ok: Type.Boolean(),
        said: Type.String({ description: "What the command said, or why it counts as failed." }),
      },
      { description: "How it went the last time." },
    ),
  ),
});
export type Fence = Static<typeof Fence>;

export const FenceCreate = Type.Object(
  {
    host: Host,
    command: Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), {
      minItems: 1,
      maxItems: 64,
      description: "Absolute path of a program that each host of the cluster has, and its arguments.",
    }),
    timeout: Type.Optional(Type.Integer({ minimum: 1, maximum: 300, description: "Seconds." })),
  },
  { additionalProperties: false },
);
export type FenceCreate = Static<typeof FenceCreate>;
