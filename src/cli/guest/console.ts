import { finished } from "node:stream/promises";
import { command, parsed } from "../command.ts";
import { rawMode, watchKeys } from "../raw-mode.ts";
import { parseSize } from "../values.ts";

export const console = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: {
    scrollback: parsed("SIZE", "How much of what it said before to show (default 64K).", parseSize, {
      negated: 0,
    }),
  },
  about: `The first serial port: what the boot loader, the kernel and the login prompt say, with what was said before
    you came. It works without an agent, and with any system that speaks to the port. Ctrl-] leaves it; the guest
    runs on.`,
  examples: [
    ["lodge console web", "look and log in"],
    ["lodge console web --no-scrollback", "only what comes from now on"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [guest = ""] = operands;
    const { stdin, stdout } = terminal;
    const { scrollback } = options;
    const leaving = new AbortController();
    const line = await client.console(guest, scrollback === undefined ? {} : { scrollback }, {
      signal: leaving.signal,
    });
    const interactive = stdin.isTTY === true;
    if (interactive)
      terminal.note(terminal.paintNote("dim", `This is ${guest}'s console. Ctrl-] leaves it.`));
    const raw = rawMode(stdin);
    try {
      line.pipe(stdout, { end: false });
      const keys = interactive ? stdin.pipe(watchKeys({ times: 1 }, () => leaving.abort())) : stdin;
      // A script's input may end long before the guest has answered.
      keys.pipe(line, { end: false });
      await finished(line, { writable: false });
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
    } finally {
      raw.restore();
      line.destroy();
      stdin.unpipe();
      stdin.pause();
      stdin.unref();
    }
    if (interactive) terminal.note(terminal.paintNote("dim", `\nLeft ${guest}'s console.`));
  },
});
