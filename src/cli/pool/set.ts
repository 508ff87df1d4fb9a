import { LodgeError } from "#contract/errors";
import { command, parsed, text } from "../command.ts";
import { cephBody, cephOptions } from "./ceph.ts";
import { parseSize } from "../values.ts";

export const set = command({
  operands: [{ name: "POOL", complete: "pool" }],
  options: {
    quota: parsed<number | null>("SIZE", "The most that its volumes may have together.", parseSize, {
      negated: null,
    }),
    ...cephOptions,
    description: text("TEXT", "What it is for."),
  },
  about: `A quota below what is promised already takes nothing away: nothing more is promised until there is room. Of a
    pool of Ceph's the monitors, the user and the key can be changed, which holds for images that are opened from then on.`,
  examples: [
    ["lodge pool set fast --quota 200G", "promise no more than that"],
    ["lodge pool set fast --no-quota", "as much as is asked for"],
    ["lodge pool set ceph --user lodge --keyring ./keyring", "another key"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [pool = ""] = operands;
    const { quota, description } = options;
    const ceph = cephBody(options, command);
    if (quota === undefined && description === undefined && Object.keys(ceph).length === 0)
      throw new LodgeError("api.usage", { reason: "Nothing is to change", command });
    const body = {
      ...ceph,
      ...(quota === undefined ? {} : { quota }),
      ...(description === undefined ? {} : { description }),
    };
    await client.call("poolUpdate", { params: { pool }, body });
    terminal.print(`pool ${pool} is changed`);
  },
});
