import type { Schemas } from "#contract/schemas";
import { choice, command, flag, text } from "../command.ts";
import { printable } from "../printable.ts";
import type { Terminal } from "../terminal.ts";

type Event = Schemas["Event"];

/** Milliseconds without a new event after which the past is taken to be told. */
const lull = 300;

export const events = command({
  operands: [],
  options: {
    follow: flag("Go on with what happens from now on."),
    after: text("ID", "Only what came after this event; with --follow, none is missed in between."),
    guest: text("GUEST", "Only what is about this guest.", { complete: "guest" }),
    format: choice(["table", "json"], "How to print it; json is one object a line.", { short: "f" }),
  },
  about: `The past is kept for some thousand events. --follow alone tells what happens from now on, until Ctrl-C.`,
  examples: [
    ["lodge events", "what happened"],
    ["lodge events --follow", "what happens"],
    ["lodge events --follow --guest web -f json", "about one guest, for programs"],
  ],
  async run({ options }, { client, terminal }) {
    const { follow, guest, format } = options;
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    process.on("SIGINT", interrupt);
    const timer = follow ? undefined : setTimeout(interrupt, 2 * lull);
    const after = options.after ?? (follow ? undefined : "");
    try {
      for await (const event of client.events({ after, signal: stop.signal })) {
        timer?.refresh();
        if (guest !== undefined && event.guest !== guest && event.guestName !== guest) continue;
        terminal.print(format === "json" ? JSON.stringify(event) : line(terminal, event));
      }
    } finally {
      clearTimeout(timer);
      process.off("SIGINT", interrupt);
    }
  },
});

function line(terminal: Terminal, { at, kind, guestName, message }: Event): string {
  const when = new Date(at);
  const two = (part: number) => String(part).padStart(2, "0");
  const day = `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}`;
  const time = `${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}`;
  const about = guestName === undefined ? "" : `${terminal.paint("bold", printable(guestName))}  `;
  return `${terminal.paint("dim", `${day} ${time}`)}  ${printable(kind).padEnd(20)}  ${about}${printable(message)}`;
}
