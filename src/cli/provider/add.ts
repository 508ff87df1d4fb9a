import { LodgeError } from "#contract/errors";
import { command, flag, many, text } from "../command.ts";
import { readSecret } from "../remote/read-secret.ts";
import { globalRole as role } from "../user/role.ts";

export const add = command({
  operands: [{ name: "NAME" }, { name: "ISSUER" }],
  options: {
    "client-id": text("ID", "What Lodge is called there."),
    public: flag("Lodge has no secret there."),
    "groups-claim": text("CLAIM", "Where its tokens name groups, if not in 'groups'."),
    title: text("TITLE", "What the button says."),
    role,
    require: many("CLAIM=VALUE", "Only for those whose token says so, as in groups=lodge.", (given) => {
      if (!/^[^=]+=.+$/.test(given)) throw new RangeError(`'${given}' is not CLAIM=VALUE`);
      return given;
    }),
  },
  about: `People can then sign in with an account that they have elsewhere (OpenID Connect). There, register Lodge as a web
    application whose redirect URI is the address that browsers open, with a slash at its end. The client's secret is asked
    for. With --role, somebody who comes for the first time gets an account of that role; without, nobody new gets in.`,
  examples: [
    [
      "lodge provider add work https://id.example.com --client-id lodge --role viewer",
      "all of work may look",
    ],
    [
      "lodge provider add work https://id.example.com --client-id lodge --role operator --require groups=lodge",
      "those of one group may work",
    ],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [name = "", issuer = ""] = operands;
    const clientId = options["client-id"];
    if (clientId === undefined)
      throw new LodgeError("api.usage", { reason: "--client-id is missing", command });
    const secret = options.public ? undefined : await readSecret(terminal, "Client secret: ");
    const body = {
      name,
      issuer,
      clientId,
      ...(secret === undefined ? {} : { secret }),
      ...(options["groups-claim"] === undefined ? {} : { groupsClaim: options["groups-claim"] }),
      ...(options.title === undefined ? {} : { title: options.title }),
      ...(options.role === undefined ? {} : { role: options.role }),
      ...(options.require ? { require: [...options.require] } : {}),
    };
    const { title } = await client.call("providerCreate", { body });
    terminal.print(`People can sign in with ${title}`);
  },
});
