import { choice, command, text } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { kept, poolOptions, wishes } from "./options.ts";

export const create = command({
  operands: [{ name: "NAME" }],
  options: {
    ...poolOptions,
    keeps: choice(
      ["nothing", "home", "guest"],
      "What a person finds again: nothing (default), a home of his own, or the whole guest.",
    ),
    "home-pool": text("POOL", "The storage pool that homes lie in.", { complete: "pool" }),
    ...formatOption,
  },
  about: `People who are entitled find it at /desktops and get a desktop by one click. Standbys are forked, drawn and paused until
    somebody comes: they take memory, and no processor. Without --user, --group, --claim or --everyone nobody may have one.`,
  examples: [
    ["lodge desktop-pool create office --image debian-13-xfce --everyone on --standby 3", "for all"],
    [
      "lodge desktop-pool create design --image debian-13-xfce --group design --keeps home --home-size 5G",
      "each with a home",
    ],
    [
      "lodge desktop-pool create class --image debian-13-lxqt --claim course=b2 --hours 'mon-fri 08:00-16:00 Europe/Berlin'",
      "in school hours",
    ],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [name = ""] = operands;
    const { keeps, "home-pool": homePool, format } = options;
    const body = {
      name,
      ...kept(wishes(options)),
      ...(keeps === undefined ? {} : { keeps }),
      ...(homePool === undefined ? {} : { homePool }),
    };
    const made = await client.call("desktopPoolCreate", { body });
    if (format === "json" || format === "yaml") return printData(terminal, made, format);
    terminal.print(`desktop pool ${made.name} is made`);
  },
});
