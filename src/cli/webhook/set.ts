import { LodgeError } from "#contract/errors";
import { command, flag, text } from "../command.ts";
import { tellingOf, tellingOptions } from "./options.ts";
import { stateOf } from "./words.ts";

export const set = command({
  operands: [{ name: "WEBHOOK", complete: "webhook" }],
  options: {
    ...tellingOptions,
    name: text("NAME", "Another name."),
    url: text("URL", "Another address."),
    "any-guest": flag("Of all guests."),
    "any-label": flag("Whatever labels guests have."),
    "any-project": flag("Of all projects."),
    paused: flag("Nothing is sent. --no-paused: it goes on, with what came meanwhile."),
    skip: flag("What has not been sent yet never is."),
  },
  about: `One that took nothing for about a day, or answered 410 Gone, is paused by Lodge: with --no-paused it goes on.`,
  examples: [
    ["lodge webhook set ci --no-paused", "it goes on where it was"],
    ["lodge webhook set ci --no-paused --skip", "it goes on with what happens from now on"],
    ["lodge webhook set ci --event 'guest.*' --event operation.failed", "of these, and of nothing else"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [webhook = ""] = operands;
    const body = {
      ...tellingOf(options),
      ...(options["any-guest"] ? { guest: null } : {}),
      ...(options["any-label"] ? { label: null } : {}),
      ...(options["any-project"] ? { project: null } : {}),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.url === undefined ? {} : { url: options.url }),
      ...(options.paused === undefined ? {} : { paused: options.paused }),
      ...(options.skip ? { skip: true } : {}),
    };
    if (Object.keys(body).length === 0)
      throw new LodgeError("api.usage", { reason: "Nothing is to change", command });
    const changed = await client.call("webhookUpdate", { params: { webhook }, body });
    terminal.print(`${changed.name} is ${stateOf(changed)}`);
  },
});
