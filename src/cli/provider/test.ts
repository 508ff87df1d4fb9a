import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";

export const test = command({
  operands: [{ name: "NAME" }, { name: "PERSON" }],
  options: formatOption,
  about: `Asks a directory about somebody, by the name that he would type: his entry, his groups, and which role he would have or why he
    would not get in. Nobody is signed in, no password is asked for, and nothing is kept. Exits with 1 where he would not get in.`,
  examples: [["lodge provider test corp ann", "who ann is there, and what she would be here"]],
  async run({ operands, options }, { client, terminal }) {
    const [provider = "", name = ""] = operands;
    const found = await client.call("providerTest", { params: { provider }, body: { name } });
    await printItem(
      terminal,
      found,
      options.format,
      ({ dn, server, groups, account, login, role, refusal }) => [
        ["Entry", dn],
        ["Answered by", server],
        ["Groups", groups.join(", ") || "none"],
        ["Account", account ?? (refusal === undefined ? `would be made, for ${login}` : undefined)],
        ["Role", refusal === undefined ? role : undefined],
        ["Kept out", refusal],
      ],
    );
    return found.refusal === undefined ? 0 : 1;
  },
});
