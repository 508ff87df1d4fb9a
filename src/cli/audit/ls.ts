import { routes } from "#contract/routes";
import type { Schemas } from "#contract/schemas";
import { choice, command, parsed, text } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import { closest } from "../suggest.ts";
import type { Column } from "../table.ts";
import { formatAge, parseCount, parseSeconds } from "../values.ts";
import type { Terminal } from "../terminal.ts";

type Entry = Schemas["AuditEntry"];

function who({ actor, user, token }: Entry): string {
  if (actor === "host") return "the host";
  if (token !== undefined) return user === undefined ? `token ${token}` : `${user}, token ${token}`;
  return user ?? "nobody";
}

const columns = (terminal: Terminal, now: number): readonly Column<Entry>[] => [
  { title: "WHEN", cell: ({ at }) => `${formatAge(at, now)} ago` },
  { title: "WHO", cell: who },
  { title: "FROM", cell: ({ address }) => address ?? "–" },
  { title: "ACTION", cell: ({ action }) => action },
  { title: "ON", cell: ({ target }) => target ?? "–" },
  {
    title: "RESULT",
    cell: ({ result, code }) => (code === undefined ? result : `${result}: ${code}`),
    paint: (shown, { result }) => (result === "done" ? shown : terminal.paint("yellow", shown)),
  },
  { title: "DETAIL", cell: ({ detail, operation }) => detail ?? operation ?? "–" },
];

function endpoint(name: string): string {
  if (Object.hasOwn(routes, name)) return name;
  const meant = closest(name, Object.keys(routes));
  const hint = meant === undefined ? "" : ` (did you mean '${meant}'?)`;
  throw new RangeError(`'${name}' is no endpoint${hint}`);
}

export const ls = command({
  operands: [],
  options: {
    ...listOptions,
    user: text("NAME", "Only what this account did.", { complete: "user" }),
    action: parsed("ENDPOINT", "Only this, such as guestDelete.", endpoint),
    target: text("NAME", "Only what was done to this, by the name or id that was used."),
    result: choice(["done", "refused", "failed"], "Only what came out so."),
    since: parsed("TIME", "Only the last 10m, 2h or so.", parseSeconds),
    limit: parsed("N", "At most so many (default 100).", parseCount(1, 1000), { short: "n" }),
  },
  about: `Everything that was asked to change something, through the socket as well, and consoles and commands in guests.
    What was begun as an operation is followed with 'lodge operation show'.`,
  examples: [
    ["lodge audit ls", "the latest"],
    ["lodge audit ls --user ops --since 2h", "what was done with it"],
    ["lodge audit ls --action sessionCreate --result refused", "who failed to sign in"],
  ],
  async run({ options }, { client, terminal }) {
    const { user, action, target, result, since, limit = 100 } = options;
    const now = Date.now();
    const query = {
      ...(user === undefined ? {} : { user }),
      ...(action === undefined ? {} : { action }),
      ...(target === undefined ? {} : { target }),
      ...(result === undefined ? {} : { result }),
      ...(since === undefined ? {} : { since: new Date(now - since * 1000).toISOString() }),
      limit,
    };
    await printList(terminal, await client.spread("auditList", { query }), options, {
      columns: columns(terminal, now),
      name: ({ id }) => id,
      empty: "There is nothing of that kind.",
    });
  },
});
