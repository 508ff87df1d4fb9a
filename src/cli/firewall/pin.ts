import { command, text } from "../command.ts";

const states = ["on", "off"] as const;

export const pin = command({
  operands: [{ name: "GUEST", complete: "guest" }, { name: "on|off" }],
  options: { nic: text("NIC", "Which of its NICs (default nic0).") },
  about: `A pinned NIC sends from its guest's own MAC and addresses only, as all do. Lifted, as routers and guests that run guests of
    their own need it, it may say that it is any of its neighbours. For admins.`,
  examples: [
    ["lodge firewall pin router off", "it may send from any address"],
    ["lodge firewall pin router on", "from its own alone again"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [guest = "", wanted = ""] = operands;
    const state = states.find((one) => one === wanted);
    if (state === undefined) throw new RangeError(`'${wanted}' is neither on nor off`);
    const { nic = "nic0" } = options;
    await client.call("guestNicPin", { params: { guest, nic }, body: { pin: state } });
    terminal.print(`${nic} of ${guest} is ${state === "on" ? "pinned" : "not pinned any more"}`);
  },
});
