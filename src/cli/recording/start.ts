import { command, parsed } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { parseSeconds, parseSize } from "../values.ts";

export const start = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: {
    for: parsed(
      "TIME",
      "End it after so long, such as 90s, 10m, 2h or 3d (default 12h, at most 7d).",
      parseSeconds,
    ),
    size: parsed("SIZE", "End it at this size (default 2G, at most 8G).", parseSize),
    format: formatOption.format,
  },
  about: `Whoever watches the display sees that it is recorded. It goes on while the guest is stopped, suspended or
    restarted, and in a further recording when the daemon starts again. While nothing changes on the screen, nothing is
    written.`,
  examples: [
    ["lodge recording start web", "until it is stopped"],
    ["lodge recording start web --for 10m", "the next ten minutes"],
    ["lodge recording start web --for 3d --size 8G", "a long weekend"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [guest = ""] = operands;
    const { for: seconds, size, format } = options;
    const recording = await client.call("recordingStart", {
      params: { guest },
      body: {
        ...(seconds === undefined ? {} : { maxSeconds: seconds }),
        ...(size === undefined ? {} : { maxBytes: size }),
      },
    });
    if (format === "json" || format === "yaml") return printData(terminal, recording, format);
    terminal.print(recording.id);
    terminal.note(
      `The display of ${recording.guestName} is recorded; 'lodge recording stop ${recording.id}' ends it.`,
    );
  },
});
