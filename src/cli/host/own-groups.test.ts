import assert from "node:assert/strict";
import { it } from "node:test";
import { siblingsOf } from "./own-groups.ts";

const v1 = `
30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
`;
const v2 = "42 24 0:30 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw";

it("finds where a guest's groups lie, in each tree once", () => {
  const cgroup = "4:memory:/lodge-ab12-g0001\n3:cpu,cpuacct:/lodge-ab12-g0001\n1:name=systemd:/\n";
  assert.deepEqual(siblingsOf({ mountinfo: v1, cgroups: [cgroup, cgroup.replaceAll("g0001", "g0002")] }), [
    { folder: "/sys/fs/cgroup/memory", prefix: "lodge-ab12-" },
    { folder: "/sys/fs/cgroup/cpu,cpuacct", prefix: "lodge-ab12-" },
  ]);
  const below = "0::/system.slice/lodge.service/lodge-ab12-g0001\n";
  assert.deepEqual(siblingsOf({ mountinfo: v2, cgroups: [below] }), [
    { folder: "/sys/fs/cgroup/system.slice/lodge.service", prefix: "lodge-ab12-" },
  ]);
});

it("takes no other group for one of its own", () => {
  const cgroups = ["0::/system.slice/ssh.service\n", "0::/lodge-\n", "0::/../lodge-ab12-g0001\n", ""];
  assert.deepEqual(siblingsOf({ mountinfo: v2, cgroups }), []);
});
