import { command } from "../command.ts";

export const attach = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "DEVICE", complete: "device" },
  ],
  options: {},
  about: `DEVICE is as 'lodge device ls' says: usb:1-2 is what is plugged in there, usb:046d:c52b is that make wherever it is plugged
    in, pci:0000:01:00.0 is a PCI device. The guest is stopped; it has the device whenever it is started. A PCI device takes those
    along that the IOMMU cannot part from it, and the host's driver has them back when the guest has ended.

    A guest with a device of the host's boots, and is not branched, suspended or taken a snapshot of with its memory. For admins of
    the host. This has not been tried on a host with such devices yet.`,
  examples: [
    ["lodge device attach win usb:046d:c52b", "a USB device, by its make"],
    ["lodge device attach lab pci:0000:01:00.0", "a PCI device, with its group"],
  ],
  async run({ operands: [guest = "", device = ""] }, { client, terminal }) {
    await client.call("deviceAttach", { params: { guest }, body: { device } });
    terminal.print(`${guest} has ${device} from its next start on`);
  },
});
