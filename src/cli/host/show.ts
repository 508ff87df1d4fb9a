import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { promiseRows } from "./promise-rows.ts";

export const show = command({
  operands: [],
  options: formatOption,
  about: `Memory counts what each guest that runs may grow to, and what a template holds once for all its forks; processors
    count those of guests that run; the disk, what every guest's disks may grow to.`,
  examples: [
    ["lodge host show", "what is promised of this computer"],
    ["lodge host show -f json", "the same for programs, with everybody who has something"],
  ],
  async run({ options }, { client, terminal }) {
    await printItem(terminal, await client.call("hostPromise"), options.format, promiseRows);
  },
});
