import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import type { RunResult } from "./run-result.ts";
import type { GuestDisk, GuestFacts } from "./facts.ts";
import { growRoot, type GrowingGuest } from "./grow.ts";

const disk = (over: Partial<GuestDisk>): GuestDisk => ({
  path: "/",
  type: "ext4",
  device: "/dev/vda1",
  writable: true,
  size: 1000,
  free: 10,
  whole: "/dev/vda",
  partition: 1,
  ...over,
});

/** A guest with these disks, whose root has 2000 bytes once it has grown; `end` says how commands end. */
function guest(disks: readonly GuestDisk[], end: (command: string) => Partial<RunResult> = () => ({})) {
  const commands: string[] = [];
  let size = 1000;
  const agent: GrowingGuest = {
    facts: async () => ({ disks: disks.map((it) => ({ ...it, size })) }) as unknown as GuestFacts,
    runToEnd: async (argv) => {
      commands.push(argv.join(" "));
      if (argv[0] !== "growpart") size = 2000;
      const nothing = Buffer.alloc(0);
      return { exit: { code: 0 }, stdout: nothing, stderr: nothing, truncated: false, ...end(argv[0] ?? "") };
    },
  };
  return { agent, commands };
}

const unsupported = (error: unknown) => hasCode(error, "agent.unsupported");

describe("growing a guest's root", () => {
  it("grows the partition, then what is in it", async () => {
    const { agent, commands } = guest([disk({ path: "/boot/efi", type: "vfat" }), disk({})]);
    assert.equal(await growRoot(agent, "web", {}), 2000);
    assert.deepEqual(commands, ["growpart /dev/vda 1", "resize2fs /dev/vda1"]);
  });

  it("goes on where the partition has all the room already", async () => {
    const { agent, commands } = guest([disk({ type: "xfs" })], (command) =>
      command === "growpart" ? { exit: { code: 1 }, stdout: Buffer.from("NOCHANGE: partition 1") } : {},
    );
    await growRoot(agent, "web", {});
    assert.deepEqual(commands, ["growpart /dev/vda 1", "xfs_growfs /"]);
  });

  it("needs no partition", async () => {
    const { agent, commands } = guest([disk({ device: "/dev/vda", whole: undefined, partition: undefined })]);
    await growRoot(agent, "web", {});
    assert.deepEqual(commands, ["resize2fs /dev/vda"]);
  });

  it("is refused where it cannot be done", async () => {
    await assert.rejects(growRoot(guest([]).agent, "web", {}), unsupported);
    await assert.rejects(growRoot(guest([disk({ type: "vfat" })]).agent, "web", {}), unsupported);
    const failing = guest([disk({})], () => ({ exit: { code: 2 }, stderr: Buffer.from("broken") }));
    await assert.rejects(growRoot(failing.agent, "web", {}), (error) => {
      return unsupported(error) && /growpart.*broken/.test(String((error as { detail?: string }).detail));
    });
    assert.deepEqual(failing.commands, ["growpart /dev/vda 1"]);
  });
});
