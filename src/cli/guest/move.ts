import type { Schemas } from "#contract/schemas";
import type { Context } from "../context.ts";
import { command, flag, many, parsed, text } from "../command.ts";
import { attempt } from "../each.ts";
import { exitCode } from "../exit-code.ts";
import { act } from "../operation/act.ts";
import { waitOption } from "../operation/follow.ts";
import { formatOption, printData } from "../output.ts";
import { formatSize, parseCount, parsePair, parseSize } from "../values.ts";
import { choose } from "./choose.ts";

/** What the operation says when it has ended. */
interface Moved {
  /** Absent: it is here, since the other host's admin has let it go. */
  readonly host?: string;
  readonly pause?: number;
}

export const move = command({
  operands: [{ name: "GUEST", many: true, complete: "guest" }],
  options: {
    to: text("HOST", "The host that it goes to; without it, the one that suits it best."),
    token: text(
      "TOKEN",
      "What 'lodge arrival token' printed on a host outside the cluster: it goes there, at rest.",
    ),
    name: text("NAME", "With --token: what it is called there."),
    "to-project": text("PROJECT", "With --token: the project that it belongs to there."),
    network: many(
      "OLD=NEW",
      "With --token: what a network of its is called there; may be given again.",
      parsePair,
    ),
    live: flag("Only if it runs: it runs on throughout."),
    cold: flag("Only if it rests: stopped, or suspended."),
    check: flag("Say what stands in the way, and move nothing."),
    "max-bandwidth": parsed("RATE", "Bytes a second at most, such as 100M.", parseSize),
    "max-downtime": parsed(
      "MS",
      "Milliseconds for which it may stand still at the end (default 300).",
      parseCount(1, 60_000),
    ),
    "post-copy": flag("Have it run there before its memory is there: refused, as no host can do that."),
    ...waitOption,
    ...formatOption,
  },
  about: `A guest that runs goes on running: its disks and its memory are copied while it writes, and it stands still
    only for the last of them. It keeps its addresses, connections, consoles, snapshots and limits. One at rest is moved as
    it is. Whatever goes wrong before the end, it goes on where it was; Ctrl-C leaves the move to itself, and
    'lodge operation cancel' gives it up. To a host outside the cluster, or from or to one that stands alone, it goes at rest.`,
  examples: [
    ["lodge move web --to h2", "while it runs"],
    ["lodge move web --to h2 --check", "what stands in the way"],
    ["lodge move web --token TOKEN", "to a host outside, once it is stopped or suspended"],
    ["lodge move web db", "each to the host that suits it"],
    ["lodge move web --to h2 --max-bandwidth 100M", "and leave others some of the network"],
  ],
  async run({ operands, options }, context) {
    const guests = await choose(context, operands, false, []);
    const { to, token, live, cold, format } = options;
    const body: Schemas["GuestMove"] = {
      ...(to === undefined ? {} : { to }),
      ...(token === undefined ? {} : { token, wishes: wishesOf(options) }),
      ...(options["post-copy"] ? { postCopy: true } : {}),
      ...(live ? { how: "live" } : cold ? { how: "cold" } : {}),
      ...(options["max-bandwidth"] === undefined ? {} : { bandwidth: options["max-bandwidth"] }),
      ...(options["max-downtime"] === undefined ? {} : { downtime: options["max-downtime"] }),
    };
    if (options.check) return check(context, guests, body, format);
    return act(context, guests, {
      begin: (guest) => context.client.call("guestMove", { params: { guest }, body }),
      doing: "moving",
      done({ result }) {
        const { host, pause } = result as Moved;
        if (host === undefined) return "stays here: the other host's admin has let it go";
        return `is on ${host}${pause === undefined ? "" : `; it stood still for ${pause} ms`}`;
      },
      wait: options.wait ?? true,
    });
  },
});

/** What is to be other there. */
function wishesOf(options: {
  readonly name: string | undefined;
  readonly "to-project": string | undefined;
  readonly network: readonly (readonly [string, string])[] | undefined;
}): Schemas["MoveWishes"] {
  const { name, network, "to-project": project } = options;
  return {
    ...(name === undefined ? {} : { name }),
    ...(project === undefined ? {} : { project }),
    ...(network === undefined ? {} : { networks: Object.fromEntries(network) }),
  };
}

/** @returns the exit code of the first that cannot go */
async function check(
  context: Context,
  guests: readonly string[],
  body: Schemas["GuestMove"],
  format: "json" | "table" | "yaml" | undefined,
): Promise<number> {
  const { client, terminal } = context;
  let blocked = false;
  const found: (Schemas["MoveProspect"] & { guest: string })[] = [];
  const codes: number[] = [];
  for (const guest of guests) {
    const code = await attempt(context, { name: guest, alone: guests.length === 1 }, async () => {
      found.push({ guest, ...(await client.call("guestMoveCheck", { params: { guest }, body })) });
    });
    codes.push(code);
  }
  if (format === "json" || format === "yaml") await printData(terminal, found, format);
  for (const prospect of found) {
    blocked ||= prospect.blockers.length > 0;
    if (format !== "json" && format !== "yaml") tell(context, prospect);
  }
  const failed = codes.find((code) => code !== exitCode.ok);
  return failed ?? (blocked ? exitCode.conflict : exitCode.ok);
}

function tell({ terminal }: Context, prospect: Schemas["MoveProspect"] & { guest: string }): void {
  const { guest, host, live, bytes, blockers, warnings } = prospect;
  if (blockers.length === 0)
    terminal.print(
      `${guest} can go to ${host} ${live ? "while it runs" : "at rest"}; ${formatSize(bytes)} are copied at most`,
    );
  else terminal.print(`${guest} cannot go to ${host}:`);
  for (const { reason, fix } of blockers) terminal.print(`  ${reason}. ${fix}`);
  for (const warning of warnings) terminal.note(`${guest}: ${warning}`);
}
