import { command, flag, text } from "../command.ts";

export const create = command({
  operands: [{ name: "NAME" }],
  options: {
    description: text("TEXT", "What it is for."),
    encrypted: flag("Encrypt the disks of its guests, and its volumes, unless they are asked for otherwise."),
  },
  about: `Guests of different projects do not see each other: neither their frames nor, for people with a role in one of
    them alone, that the others are there. Its network is made with its first guest.`,
  examples: [
    ["lodge project create shop", "a project"],
    ["lodge run debian-13 --name web --project shop", "and a guest in it"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [name = ""] = operands;
    const { description, encrypted } = options;
    await client.call("projectCreate", {
      body: {
        name,
        ...(description === undefined ? {} : { description }),
        ...(encrypted ? { encrypted } : {}),
      },
    });
    terminal.print(`project ${name} is made`);
  },
});
