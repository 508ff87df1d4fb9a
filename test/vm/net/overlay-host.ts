/**
 * A host of a cluster, as far as its network goes: a process in a network namespace that is told by lines of JSON what to
 * do, and does it as the daemon would. `unshare --net --mount node overlay-host.ts TAG`
 */
import { createInterface } from "node:readline";
import { asLodgeError } from "#contract/errors";
import { BridgeGuard } from "#hypervisor/net/guard/guard";
import { ensureNetwork, removeNetwork, setPublishes } from "#hypervisor/net/network";
import { Overlay } from "#hypervisor/net/overlay/overlay";
import { exec } from "#base/exec";

const [, , tag = ""] = process.argv;
let overlay = new Overlay(tag);
const guard = new BridgeGuard(tag);

/** Each takes and gives what JSON can say. */
const does = {
  network: ensureNetwork,
  remove: removeNetwork,
  publish: setPublishes,
  overlay: (plan: Parameters<Overlay["apply"]>[0]) => overlay.apply(plan),
  flowsOf: (...args: Parameters<Overlay["flowsOf"]>) => overlay.flowsOf(...args),
  takeFlows: (...args: Parameters<Overlay["takeFlows"]>) => overlay.takeFlows(...args),
  removeOverlay: () => overlay.remove(),
  guard: (plan: Parameters<BridgeGuard["apply"]>[0]) => guard.apply(plan),
  /** What the daemon after this one knows. */
  restart: async () => void (overlay = new Overlay(tag)),
  run: async (command: string, ...args: string[]) => (await exec(command, args)).stdout,
  batch: async (program: string, input: string) => void (await exec(program, ["-batch", "-"], { input })),
};
export type Does = typeof does;

for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line) as { call: keyof Does; args: never[] };
  const answer = await (does[call] as (...args: never[]) => Promise<unknown>)(...args).then(
    (result) => ({ result }),
    (error: unknown) => {
      const { message, detail } = asLodgeError(error);
      return { error: `${message} ${detail ?? ""}` };
    },
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
