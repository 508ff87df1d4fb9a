import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";

export const cloudInit = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: formatOption,
  about: `What a guest was given at its first start, and what cloud-init says became of it. Passwords, keys and tokens
in the user data are left out, as far as they can be told.`,
  examples: [["lodge cloud-init web", "its keys, its user data, its status"]],
  async run({ operands: [guest = ""], options }, { client, terminal }) {
    await printItem(terminal, await client.call("cloudInitGet", { params: { guest } }), options.format, rows);
  },
});

const rows = (told: Schemas["CloudInit"]): readonly (readonly [string, string])[] => [
  ["status", told.used ? (told.status ?? "not known now") : "its image has no cloud-init"],
  ...(told.detail === undefined ? [] : [["detail", told.detail] as const]),
  ["hostname", told.hostname],
  ["instance", told.instance],
  ...(told.user === undefined ? [] : [["user", told.user] as const]),
  ...told.sshKeys.map((key) => ["SSH key", key] as const),
  ["host key", told.hostKey],
  ...(told.userData ?? "").split("\n").map((line, at) => [at === 0 ? "user data" : "", line] as const),
];
