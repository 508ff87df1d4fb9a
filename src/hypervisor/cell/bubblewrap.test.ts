import assert from "node:assert/strict";
import { test } from "node:test";
import { bubblewrapArgs, type CellPlan } from "./bubblewrap.ts";

const plan: CellPlan = {
  binds: [
    { from: "/usr/lib/x86_64-linux-gnu", how: "read" },
    { from: "/srv/lodge/disks", at: "/srv/lodge/layers", how: "write" },
    { from: "/dev/null", how: "device" },
    { from: "/etc/ld.so.cache", how: "read", optional: true },
  ],
  links: { "/lib": "usr/lib" },
  network: "none",
  privileged: true,
  capabilities: ["CAP_SETUID"],
  proc: true,
  descriptors: { seccomp: 5, info: 6, block: 7 },
  command: ["/usr/bin/program", "--flag"],
};

const after = (args: readonly string[], option: string) =>
  args.flatMap((word, at) => (word === option ? [args[at + 1]] : []));

test("everything is unshared that can be, and the network where it is not asked for", () => {
  const args = bubblewrapArgs(plan);
  for (const name of ["pid", "ipc", "uts", "net"]) assert.ok(args.includes(`--unshare-${name}`), name);
  assert.ok(!args.includes("--unshare-user"));
  assert.ok(!bubblewrapArgs({ ...plan, network: "host" }).includes("--unshare-net"));
  assert.ok(bubblewrapArgs({ ...plan, privileged: false }).includes("--unshare-user"));
});

test("each folder on the way is made before it is needed, and none inside what is bound", () => {
  const args = bubblewrapArgs({
    ...plan,
    binds: [...plan.binds, { from: "/usr/lib/x86_64-linux-gnu/qemu/x.so", how: "read" }],
  });
  assert.deepEqual(after(args, "--dir"), ["/usr", "/usr/lib", "/srv", "/srv/lodge", "/dev", "/etc"]);
  assert.ok(args.lastIndexOf("--dir") < args.indexOf("--ro-bind"));
});

test("a place is bound as it was asked for", () => {
  const text = bubblewrapArgs(plan).join(" ");
  assert.match(text, /--ro-bind \/usr\/lib\/x86_64-linux-gnu \/usr\/lib\/x86_64-linux-gnu /);
  assert.match(text, /--bind \/srv\/lodge\/disks \/srv\/lodge\/layers /);
  assert.match(text, /--dev-bind \/dev\/null \/dev\/null /);
  assert.match(text, /--ro-bind-try \/etc\/ld\.so\.cache \/etc\/ld\.so\.cache /);
  assert.match(text, /--symlink usr\/lib \/lib /);
});

test("all capabilities go but the named ones, the root is closed last, and the command is behind the end of options", () => {
  const args = bubblewrapArgs(plan);
  assert.deepEqual(after(args, "--cap-drop"), ["ALL"]);
  assert.deepEqual(after(args, "--cap-add"), ["CAP_SETUID"]);
  assert.ok(args.indexOf("--remount-ro") > args.indexOf("--proc"));
  assert.deepEqual(args.slice(args.indexOf("--")), ["--", "/usr/bin/program", "--flag"]);
  assert.deepEqual(
    ["--seccomp", "--info-fd", "--block-fd"].map((option) => after(args, option)[0]),
    ["5", "6", "7"],
  );
});
