import { command, parsed } from "../command.ts";
import { tokenRole } from "../user/role.ts";
import { lifetime } from "./lifetime.ts";

export const create = command({
  operands: [{ name: "NAME" }],
  options: {
    role: tokenRole,
    for: parsed("TIME", "How long it is good for: 12h, 30d or 'never' to end (default 90d).", lifetime),
  },
  about: `Prints the token, which is shown this once: Lodge keeps no copy. A program gives it as LODGE_TOKEN, or in the
    header "Authorization: Bearer …". Without --role it may only see; with
    --project it may so in that project alone.`,
  examples: [
    ["lodge token create nightly --role operator --for 30d", "for a job that makes guests"],
    ["lodge token create ci --role operator --project shop", "for one project"],
    ["lodge token create dashboard --for never", "may look until it is revoked"],
  ],
  async run({ operands, options }, { client, terminal, project }) {
    const [name = ""] = operands;
    const { secret } = await client.call("tokenCreate", {
      body: {
        name,
        role: options.role ?? "viewer",
        ...(project === undefined ? {} : { project }),
        ...(options.for === undefined ? {} : { seconds: options.for }),
      },
    });
    terminal.print(secret);
  },
});
