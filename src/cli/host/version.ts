import { readFile } from "node:fs/promises";
import { command } from "../command.ts";

export const version = command({
  operands: [],
  options: {},
  about: `Of this command; 'lodge info' tells the daemon's.`,
  examples: [["lodge version", "such as 0.1.0"]],
  async run(_input, { terminal }) {
    const text = await readFile(new URL("../../../package.json", import.meta.url), "utf8");
    terminal.print((JSON.parse(text) as { version: string }).version);
  },
});
