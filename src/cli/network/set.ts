import { LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";
import { settingOptions, settingsOf } from "./options.ts";

export const set = command({
  operands: [{ name: "NETWORK", complete: "network" }],
  options: {
    ...settingOptions,
    "host-dns": flag("Other names are asked of the host's DNS servers again."),
    "no-routes": flag("Guests are told of no further ways."),
  },
  about: `What is given takes the place of what was. Guests hear of it with their next lease; those that start, at once.`,
  examples: [
    ["lodge network set backend --mtu 9000", "larger packets among its guests"],
    ["lodge network set default --dns 192.0.2.53", "names are asked of this server"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [network = ""] = operands;
    const body = {
      ...settingsOf(options),
      ...(options["host-dns"] ? { dns: [] } : {}),
      ...(options["no-routes"] ? { routes: [] } : {}),
    };
    if (Object.keys(body).length === 0)
      throw new LodgeError("api.usage", { reason: "Nothing is to change", command });
    await client.call("networkUpdate", { params: { network }, body });
    terminal.print(`network ${network} is changed`);
  },
});
