import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";

/** Each card in it, as "web  10.77.3.12  fd00:77::c  52:54:00:4a:1b:7c". */
const membersOf = (guests: readonly Schemas["Guest"][], { project, name }: Schemas["Network"]): string =>
  guests
    .filter((guest) => project === undefined || guest.project === project)
    .flatMap((guest) =>
      guest.nics
        .filter(({ network }) => network === name)
        .map(({ address, address6, mac }) => [guest.name, address, address6, mac].filter(Boolean).join("  ")),
    )
    .join("\n");

export const show = command({
  operands: [{ name: "NETWORK", complete: "network" }],
  options: formatOption,
  examples: [["lodge network show default", "what it is, and who has which address in it"]],
  async run({ operands, options }, { client, terminal }) {
    const [network = ""] = operands;
    const found = await client.call("networkGet", { params: { network } });
    const members = options.format === "table" || !options.format ? await client.call("guestList") : [];
    await printItem(terminal, found, options.format, (shown) => [
      ["name", shown.name],
      ["project", shown.project],
      ["description", shown.description],
      ["kind", shown.kind],
      ["problem", shown.problem],
      ["subnet", [shown.subnet, shown.subnet6].filter(Boolean).join("  ")],
      ["gateway", [shown.gateway, shown.gateway6].filter(Boolean).join("  ")],
      ["uplink", shown.uplink],
      ["vlan", shown.vlan === undefined ? undefined : String(shown.vlan)],
      ["bridge", shown.bridge],
      ["dhcp", shown.dhcp === undefined ? undefined : shown.dhcp ? "by Lodge" : "by others"],
      ["mtu", shown.mtu === undefined ? undefined : String(shown.mtu)],
      ["domain", shown.domain],
      ["dns", shown.dns?.join("  ")],
      ["guests see each other", shown.isolateGuests ? "no" : undefined],
      ["hosts", shown.hosts?.map(({ name, problem }) => (problem ? `${name}: ${problem}` : name)).join("\n")],
      ["vni", shown.vni === undefined ? undefined : String(shown.vni)],
      ["routes", shown.routes?.map(({ to, via }) => `${to} by ${via}`).join("\n")],
      ["guests", membersOf(members, shown) || "none"],
    ]);
  },
});
