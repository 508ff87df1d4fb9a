import { LodgeError } from "#contract/errors";
import { command, flag, text } from "../command.ts";
import { quotaOf, quotaOptions } from "./quota-options.ts";

export const set = command({
  operands: [{ name: "PROJECT", complete: "project" }],
  options: {
    description: text("TEXT", "What it is for."),
    encrypted: flag(
      "Encrypt the disks of its new guests, and its new volumes, unless they are asked for otherwise. --no-encrypted: only where that is asked for.",
    ),
    ...quotaOptions,
  },
  about: `Quotas are for whoever is an admin of everything. One that is smaller than what the project has takes nothing away.`,
  examples: [
    ["lodge project set shop --description 'the web shop'", "say what it is for"],
    ["lodge project set shop --encrypted", "its new guests and volumes are encrypted"],
    ["lodge project set shop --quota-guests 10 --quota-memory 16G", "the most that it may have"],
    ["lodge project set shop --quota-memory none", "as much as the host has"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [project = ""] = operands;
    const { description, encrypted } = options;
    const quota = quotaOf(options);
    const body = {
      ...(description === undefined ? {} : { description }),
      ...(encrypted === undefined ? {} : { encrypted }),
    };
    const changes = Object.keys(body).length > 0;
    if (!changes && quota === undefined)
      throw new LodgeError("api.usage", { reason: "Nothing is to change", command });
    if (changes) await client.call("projectUpdate", { params: { project }, body });
    if (quota) await client.call("projectQuota", { params: { project }, body: quota });
    terminal.print(`project ${project} is changed`);
  },
});
