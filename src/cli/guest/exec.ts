import { LodgeError } from "#contract/errors";
import { command, flag, many, text } from "../command.ts";
import { parseVariable } from "../values.ts";
import { streamExec } from "./stream-exec.ts";

export const exec = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  trailing: "COMMAND",
  options: {
    stdin: flag("Hand on standard input. By itself where that is a file or a pipe.", { short: "i" }),
    tty: flag("Give it a terminal.", { short: "t" }),
    env: many("KEY=VALUE", "Set a variable; KEY alone hands on your own.", parseVariable, { short: "e" }),
    workdir: text("DIR", "Where it runs (default: the user's home).", { short: "w" }),
    user: text("USER", "As whom it runs (default: root).", { short: "u" }),
  },
  about: `The command's output, errors and exit code are passed on as they are; a signal sent to this command
    is sent to that one. Words are handed over as they stand: for pipes and variables of the guest, run a shell.

    Where Lodge itself fails the exit code is 125, and 127 where there is no such command. It goes by the agent in
    the guest, so it needs no network.

    With QEMU's guest agent (an image imported with --agent qemu) the command starts once its input has ended, and
    output comes once it has ended itself; 16 MiB of each at most. It has no terminal, other user or other folder. A
    signal only ends the waiting: the command runs on, and how to end it is said.`,
  examples: [
    ["lodge exec web -- uname -a", "a command"],
    ["lodge exec web -- sh -c 'df -h | grep vda'", "a pipe in the guest"],
    ["lodge exec web -- tar -C /etc -cz . > etc.tar.gz", "output that is no text"],
    ["lodge exec web -- sh < setup.sh", "a script of yours in the guest"],
    ["lodge exec -it web -- top", "a program that needs a terminal"],
    ["lodge exec -u debian -w /srv -e LANG=C web -- ls", "as another user, elsewhere, with a variable"],
  ],
  async run({ operands, options, trailing }, context) {
    const [guest = ""] = operands;
    if (trailing.length === 0) {
      const reason = "COMMAND is missing; 'lodge shell' opens a shell";
      throw new LodgeError("api.usage", { reason, command: context.name });
    }
    const { stdin, stdout } = context.terminal;
    if (options.tty && !(stdin.isTTY && stdout.isTTY)) {
      throw new LodgeError("cli.no_terminal", { command: `${context.name} -t` });
    }
    return streamExec(
      context,
      guest,
      {
        argv: trailing,
        ...(options.env ? { env: Object.fromEntries(options.env) } : {}),
        ...(options.workdir === undefined ? {} : { cwd: options.workdir }),
        ...(options.user === undefined ? {} : { user: options.user }),
      },
      { tty: options.tty ?? false, input: options.stdin ?? !stdin.isTTY },
    );
  },
});
