import { command } from "../command.ts";

export const detach = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "DEVICE", complete: "device" },
  ],
  options: {},
  about: "The guest is stopped. The device is the host's again.",
  examples: [["lodge device detach win usb:046d:c52b", "it can be another guest's"]],
  async run({ operands: [guest = "", device = ""] }, { client, terminal }) {
    await client.call("deviceDetach", { params: { guest, device } });
    terminal.print(`${guest} has ${device} no more`);
  },
});
