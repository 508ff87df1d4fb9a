import { command, text } from "../command.ts";
import { act } from "../operation/act.ts";
import { waitOption } from "../operation/follow.ts";

interface Replicated {
  readonly host: string;
  readonly state: string;
}

export const set = command({
  operands: [{ name: "GUEST", many: true, complete: "guest" }],
  options: {
    to: text("HOST", "The host that keeps it; without it, the one that suits the guest best."),
    ...waitOption,
  },
  about: `What the guest writes to its disks is on both hosts before the guest hears that it is done, as long as they reach each other. Where
    they do not, the guest waits for some seconds and goes on without; what it writes then is copied once they do. 'lodge set GUEST
    --ha on' has it come back from its replica by itself where its host dies.`,
  examples: [
    ["lodge replica set web --to h2", "and wait until it is in sync"],
    ["lodge replica set web db", "each on the host that suits it"],
  ],
  async run({ operands, options: { to, wait } }, context) {
    const body = to === undefined ? {} : { to };
    return act(context, operands, {
      begin: (guest) => context.client.call("replicaSet", { params: { guest }, body }),
      doing: "making its replica",
      done({ result }) {
        const { host, state } = result as Replicated;
        if (state === "in-sync") return `has a replica on ${host}, which is in sync`;
        return `has a replica on ${host} from when it runs`;
      },
      wait: wait ?? true,
    });
  },
});
