import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";

export const ls = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: listOptions,
  examples: [["lodge nic ls web", "its network cards and addresses"]],
  async run({ operands, options }, { client, terminal }) {
    const guest = await client.call("guestGet", { params: { guest: operands[0] ?? "" } });
    await printList(
      terminal,
      guest.nics,
      { format: options.format, quiet: options.quiet },
      {
        columns: [
          { title: "NIC", cell: ({ id }) => id },
          { title: "NETWORK", cell: ({ network }) => network },
          { title: "ADDRESS", cell: ({ address }) => address ?? "–" },
          { title: "IPV6", cell: ({ address6 }) => address6 ?? "–" },
          { title: "MAC", cell: ({ mac }) => mac },
          { title: "MTU", cell: ({ mtu }) => (mtu === undefined ? "–" : String(mtu)), align: "right" },
          { title: "VLAN", cell: ({ vlan }) => (vlan === undefined ? "–" : String(vlan)), align: "right" },
        ],
        name: ({ id }) => id,
        empty: "It has no network cards.",
      },
    );
  },
});
