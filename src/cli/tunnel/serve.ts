/** A gate that is open until Ctrl-C, and the options of commands that open one. */
import { flag, parsed, text } from "../command.ts";
import type { Context } from "../context.ts";
import { report } from "../report.ts";
import { parseCount } from "../values.ts";
import { openGate, type Gate, type GatePlace } from "./gate.ts";
import type { Socket } from "node:net";

export const gateOptions = {
  listen: parsed("PORT", "The port of 127.0.0.1 (default: any that is free).", parseCount(0, 65_535)),
  socket: text("PATH", "A unix socket instead of a port.", { complete: "file" }),
  "any-user": flag("Let every user of this computer connect."),
} as const;

export interface GateWish {
  readonly listen: number | undefined;
  readonly socket: string | undefined;
  readonly "any-user": boolean | undefined;
}

export const placeOf = (wish: GateWish): GatePlace => ({
  port: wish.listen ?? 0,
  socket: wish.socket,
  anyUser: wish["any-user"] ?? false,
});

export interface Serving {
  readonly place: GatePlace;
  readonly take: (socket: Socket) => Promise<void>;
  /** Called once it is open; it is closed once what this resolves with has. Undefined: with Ctrl-C alone. */
  readonly opened: (gate: Gate) => Promise<void> | undefined;
}

/** Serves until Ctrl-C. What fails of one connection is told, and the others go on. */
export async function serveGate(context: Context, { place, take, opened }: Serving): Promise<void> {
  const { terminal, verbose } = context;
  const over = Promise.withResolvers<void>();
  const gate = await openGate(place, { take, told: (error) => report(error, terminal, { verbose }) });
  for (const signal of ending) process.on(signal, over.resolve);
  try {
    await Promise.race([over.promise, opened(gate) ?? over.promise]);
  } finally {
    for (const signal of ending) process.off(signal, over.resolve);
    gate.close();
  }
}

const ending = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
