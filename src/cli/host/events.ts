import type { Schemas } from "#contract/schemas";
import { choice, command, flag, parsed, text } from "../command.ts";
import { printable } from "../printable.ts";
import type { Terminal } from "../terminal.ts";
import { formatTime } from "../values.ts";

type Event = Schemas["Event"];

/** Ids grow as texts do, so a number that is too short or none would be before or after all of them. */
function eventId(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new RangeError(`'${text}' is no event's id, such as 000000000042`);
  return text;
}

export const events = command({
  operands: [],
  options: {
    follow: flag("Go on with what happens from now on."),
    after: parsed(
      "ID",
      "Only what came after this event, whose id -f json shows; with --follow, none is missed in between.",
      eventId,
    ),
    guest: text("GUEST", "Only what is about this guest.", { complete: "guest" }),
    format: choice(["table", "json"], "How to print it; json is one object a line.", { short: "f" }),
  },
  about: `The past is kept for some thousand events. --follow alone tells what happens from now on, until Ctrl-C.`,
  examples: [
    ["lodge events", "what happened"],
    ["lodge events --follow", "what happens"],
    ["lodge events --host beta", "what happened on one host of a cluster"],
    ["lodge events --follow --guest web -f json", "about one guest, for programs"],
  ],
  async run({ options }, { client, terminal, host }) {
    const { follow, guest, format, after } = options;
    const only = host === undefined ? undefined : (await client.call("hostGet")).name;
    function tell(event: Event): void {
      if (only !== undefined && event.host !== undefined && event.host !== only) return;
      if (guest !== undefined && event.guest !== guest && event.guestName !== guest) return;
      terminal.print(format === "json" ? JSON.stringify(event) : line(terminal, event));
    }
    if (!follow) {
      const past = await client.call("eventList");
      for (const event of past.toReversed()) if (after === undefined || event.id > after) tell(event);
      return;
    }
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    process.on("SIGINT", interrupt);
    try {
      for await (const event of client.events({ after, signal: stop.signal })) tell(event);
    } finally {
      process.off("SIGINT", interrupt);
    }
  },
});

function line(terminal: Terminal, { at, kind, host, guestName, message }: Event): string {
  const where = host === undefined ? "" : `${printable(host).padEnd(12)}  `;
  const about = guestName === undefined ? "" : `${terminal.paint("bold", printable(guestName))}  `;
  return `${terminal.paint("dim", formatTime(at))}  ${where}${printable(kind).padEnd(20)}  ${about}${printable(message)}`;
}
