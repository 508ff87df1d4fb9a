import { LodgeError } from "#contract/errors";
import { command, text } from "../command.ts";
import { streamExec } from "./stream-exec.ts";

export const shell = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: {
    user: text("USER", "Whose shell (default: root's).", { short: "u" }),
    workdir: text("DIR", "Where it begins (default: the user's home).", { short: "w" }),
  },
  about: `A login shell with a terminal of its own, by the agent in the guest: it needs neither a network nor ssh.
    It ends with 'exit' or Ctrl-D. Where the guest answers no more, three times Ctrl-] within a second leaves
    it. QEMU's guest agent cannot do this: 'lodge console' can.`,
  examples: [
    ["lodge shell web", "root's shell"],
    ["lodge shell web --user debian", "somebody else's"],
  ],
  async run({ operands, options }, context) {
    const [guest = ""] = operands;
    const { stdin, stdout } = context.terminal;
    if (!stdin.isTTY || !stdout.isTTY) throw new LodgeError("cli.no_terminal", { command: "lodge shell" });
    return streamExec(
      context,
      guest,
      {
        argv: [],
        ...(options.user === undefined ? {} : { user: options.user }),
        ...(options.workdir === undefined ? {} : { cwd: options.workdir }),
      },
      { tty: true, input: true },
    );
  },
});
