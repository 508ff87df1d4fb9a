import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";

export const ls = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: listOptions,
  about: `REFUSED are frames that the guest sent and that were not its own to send, DENIED packets that no rule of its
    firewall groups allowed.`,
  examples: [["lodge nic ls web", "its network cards and addresses"]],
  async run({ operands, options }, { client, terminal }) {
    const params = { guest: operands[0] ?? "" };
    const [guest, drops] = await Promise.all([
      client.call("guestGet", { params }),
      client.call("guestDropList", { params }),
    ]);
    const count = (n: number | undefined) => (n === undefined ? "–" : String(n));
    await printList(
      terminal,
      guest.nics.map((nic) => {
        const { nic: _, ...dropped } = drops.find((one) => one.nic === nic.id) ?? { nic: nic.id };
        return { ...nic, ...dropped };
      }),
      { format: options.format, quiet: options.quiet },
      {
        columns: [
          { title: "NIC", cell: ({ id }) => id },
          { title: "NETWORK", cell: ({ network }) => network },
          { title: "ADDRESS", cell: ({ address }) => address ?? "–" },
          { title: "IPV6", cell: ({ address6 }) => address6 ?? "–" },
          { title: "MAC", cell: ({ mac }) => mac },
          { title: "MTU", cell: ({ mtu }) => count(mtu), align: "right" },
          { title: "VLAN", cell: ({ vlan }) => count(vlan), align: "right" },
          { title: "REFUSED", cell: ({ refused }) => count(refused), align: "right" },
          { title: "DENIED", cell: ({ denied }) => count(denied), align: "right" },
        ],
        name: ({ id }) => id,
        empty: "It has no network cards.",
      },
    );
  },
});
