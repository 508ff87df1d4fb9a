import { finished } from "node:stream/promises";
import { LodgeError } from "#contract/errors";
import { choice, command, flag, parsed } from "../command.ts";
import type { Context } from "../context.ts";
import { printable, withoutEscapes } from "../printable.ts";
import { parseCount } from "../values.ts";

export const logs = command({
  operands: [{ name: "GUEST", optional: true, complete: "guest" }],
  options: {
    source: choice(["serial", "qemu"], "What its serial console said (the default), or what QEMU said.", {
      short: "s",
    }),
    tail: parsed("LINES", "How many lines, from the end.", parseCount(1, 100_000), { short: "n" }),
    follow: flag("Go on with what the serial console says.", { short: "f" }),
    daemon: flag("The daemon's own log."),
  },
  examples: [
    ["lodge logs web", "what its console said"],
    ["lodge logs web --source qemu", "why it did not start"],
    ["lodge logs -f web", "as it comes"],
    ["lodge logs --daemon --tail 50", "the daemon's last 50 lines"],
  ],
  async run({ operands, options }, context) {
    const { client, terminal, name } = context;
    const [guest] = operands;
    const usage = (reason: string) => new LodgeError("api.usage", { reason, command: name });
    const query = {
      ...(options.tail === undefined ? {} : { tail: options.tail }),
      ...(options.source === undefined ? {} : { source: options.source }),
    };
    if (options.daemon) {
      if (guest !== undefined || options.follow) throw usage("--daemon goes with --tail alone");
      return show(context, await client.call("hostLogs", { query }));
    }
    if (guest === undefined) throw usage("GUEST is missing; name one, or say --daemon");
    if (!options.follow) return show(context, await client.call("guestLogs", { params: { guest }, query }));
    if (options.source === "qemu") throw usage("--follow is for the serial console");
    const line = await client.console(guest, {});
    line.pipe(terminal.stdout, { end: false });
    await finished(line, { writable: false });
    line.destroy();
  },
});

/** A guest writes what it likes to its console: on a terminal, control characters stay out. */
function show({ terminal }: Context, text: string): void {
  const shown = terminal.stdout.isTTY ? printable(withoutEscapes(text).replace(/\r+\n/g, "\n"), true) : text;
  if (shown.trim() === "") terminal.note(terminal.paintNote("dim", "Nothing was said yet."));
  else terminal.stdout.write(shown.endsWith("\n") ? shown : `${shown}\n`);
}
