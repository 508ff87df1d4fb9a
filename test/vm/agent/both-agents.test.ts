/** Do both agents, each in a real guest, do what every agent must? */
import { after, before, describe } from "node:test";
import { AgentClient } from "#hypervisor/agent/client";
import type { GuestAgent } from "#hypervisor/agent/guest-agent";
import { guestAgentConformance } from "#hypervisor/agent/guest-agent-conformance";
import { LodgeAgent } from "#hypervisor/agent/lodge-agent";
import { QemuAgent } from "#hypervisor/agent/qemu-agent";
import { QgaClient } from "#hypervisor/agent/qga";
import { TinyMachine } from "./tiny-machine.ts";

const bootLimit = 90_000;

const agents: Readonly<Record<"lodge" | "qemu", (path: string) => GuestAgent>> = {
  lodge: (path) => new LodgeAgent(new AgentClient({ path, guest: "tiny" })),
  qemu: (path) => new QemuAgent(new QgaClient({ path, guest: "tiny" })),
};

for (const kind of ["lodge", "qemu"] as const) {
  describe(`a guest with the agent ${kind}`, () => {
    let machine: TinyMachine;
    let agent: GuestAgent;
    before(async () => {
      machine = await TinyMachine.boot(kind);
      agent = agents[kind](machine.agent);
      await agent.answer({ timeout: bootLimit });
    });
    after(async () => {
      agent?.close();
      await machine?.end();
    });
    let folders = 0;
    guestAgentConformance(kind, async () => {
      const folder = `/root/${++folders}`;
      await agent.run(["mkdir", folder], { timeout: 30_000 });
      return { agent, folder };
    });
  });
}
