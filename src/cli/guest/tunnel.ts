import { finished } from "node:stream/promises";
import type { Duplex } from "node:stream";
import { LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { carry } from "../tunnel/carry.ts";
import { reachOf, reachOption } from "../tunnel/reach.ts";
import { gateOptions, placeOf, serveGate } from "../tunnel/serve.ts";
import { parseCount } from "../values.ts";

export const tunnel = command({
  operands: [{ name: "GUEST", complete: "guest" }, { name: "PORT" }],
  options: {
    ...gateOptions,
    ...reachOption,
    stdio: flag("Connect standard input and output, once, instead of listening."),
  },
  about: `Opens a port of this computer's own (127.0.0.1) that leads to a TCP port inside the guest, until Ctrl-C. Where the guest
    has Lodge's agent it goes by that: the guest needs no network, and its service may listen on its loopback alone. Else it
    goes to the address that the guest has in a network of its host.

    Only programs of your own user are let in, as the kernel tells; --any-user lets in every user of this computer.`,
  examples: [
    ["lodge tunnel web 80 --listen 8080", "then http://127.0.0.1:8080 is the guest's web server"],
    ["lodge tunnel db 5432", "the address is printed first"],
    ["ssh -o ProxyCommand='lodge tunnel --stdio web 22' debian@web", "SSH to a guest without a network"],
    ["lodge tunnel db 5432 --socket /tmp/.s.PGSQL.5432", "by a unix socket of yours"],
    ["lodge tunnel office 22 --desktop", "your desktop of a pool whose policy opens the port"],
  ],
  async run({ operands, options }, context) {
    const { client, terminal } = context;
    const [guest = ""] = operands;
    const port = parsePort(operands[1] ?? "", context.name);
    const reach = await reachOf(client, guest, options);
    if (options.stdio) return overStdio(await reach.port(port), terminal);
    await serveGate(context, {
      place: placeOf(options),
      take: async (socket) => carry(socket, await reach.port(port)),
      opened(gate) {
        terminal.print(gate.name);
        const words = `It leads to port ${port} of ${reach.name}. Ctrl-C closes it.`;
        terminal.note(terminal.paintNote("dim", words));
        return undefined;
      },
    });
  },
});

function parsePort(text: string, command: string): number {
  try {
    return parseCount(1, 65_535)(text);
  } catch (cause) {
    throw new LodgeError(
      "api.usage",
      { reason: `PORT: ${(cause as RangeError).message}`, command },
      { cause },
    );
  }
}

/** Ends when the guest's end has nothing more to say: whoever waits for it would wait for nothing. */
async function overStdio(line: Duplex, { stdin, stdout }: Terminal): Promise<void> {
  try {
    stdin.pipe(line);
    line.pipe(stdout, { end: false });
    await finished(line, { writable: false });
  } finally {
    stdin.unpipe();
    stdin.pause();
    stdin.unref?.();
    line.on("error", () => undefined).destroy();
  }
}
