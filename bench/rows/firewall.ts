/** A firewall of 1,000 rules and 100 guests: how long a change takes, and whether a steady flow loses a packet by it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { exec } from "#base/exec";
import { BridgeGuard } from "#hypervisor/net/guard/guard";
import type { GroupPlan, GuardPlan, PortPlan } from "#hypervisor/net/guard/plan";
import { bridgeName, tapName } from "#hypervisor/net/names";
import { rest, timed, type Row } from "../row.ts";

const tag = "bench";
const flow = join(import.meta.dirname, "../flow.pl");

const portOf = (n: number): PortPlan => ({
  tap: tapName(tag, `guest${n}`, "nic0"),
  mac: `52:54:00:bb:00:${n.toString(16).padStart(2, "0")}`,
  addresses: [`10.255.7.${n + 2}`],
  pinned: true,
  realm: "default",
  apart: false,
  gateways: ["10.255.7.1"],
  groups: ["flow", `f${n % 10}`],
});

const rule = (id: string, port: number): GroupPlan["rules"][number] => ({
  id,
  direction: "in",
  protocol: "tcp",
  ports: [String(port)],
  peer: { peer: "members" },
  log: false,
});

/** Ten groups of a hundred rules, and one that the flow goes by. */
function planOf({ guests = 100, more = 0, members = 50 } = {}): GuardPlan {
  const allowed = { id: "rflow", direction: "in", protocol: "udp", ports: ["5000"], log: false } as const;
  const groups = Array.from({ length: 10 }, (_, g) => ({
    id: `f${g}`,
    rules: Array.from({ length: 100 + (g === 0 ? more : 0) }, (_, r) => rule(`r${g}x${r}`, 1000 + r)),
  }));
  const ports = Array.from({ length: guests }, (_, n) => portOf(n));
  const addresses = ports.slice(0, members).flatMap((port) => port.addresses ?? []);
  const peers = [{ id: "members", members: addresses }];
  return { tag, ports, groups: [{ id: "flow", rules: [allowed] }, ...groups], peers };
}

/** What an admin does, in turns: each is one change. */
const changes: readonly (readonly [what: string, plan: () => GuardPlan])[] = [
  ["a rule more", () => planOf({ more: 1 })],
  ["a rule less", () => planOf()],
  ["a member more", () => planOf({ members: 51 })],
  ["a member less", () => planOf()],
  ["a guest more", () => planOf({ guests: 101 })],
  ["a guest less", () => planOf()],
];

/** A machine at the bridge: a namespace, whose end of the cable is called as a tap. */
async function machine(n: number): Promise<ChildProcess> {
  const { tap, mac, addresses } = portOf(n);
  const holder = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "pipe", "inherit"] });
  holder.stdin!.write("there\n");
  await once(holder.stdout!, "data");
  const peer = `peer name eth0 address ${mac} netns ${holder.pid}`;
  const cable = `link add name ${tap} type veth ${peer}\nlink set dev ${tap} master ${bridgeName({ tag, index: 0 })} up\n`;
  await exec("ip", ["-batch", "-"], { input: cable });
  const inside = ["--target", String(holder.pid), "--net", "ip"];
  await exec("nsenter", [...inside, "address", "add", `${addresses![0]}/24`, "dev", "eth0"]);
  await exec("nsenter", [...inside, "link", "set", "dev", "eth0", "up"]);
  return holder;
}

async function begin(holder: ChildProcess, ...args: string[]) {
  const child = spawn("nsenter", ["--target", String(holder.pid), "--net", "perl", flow, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return async () => {
    child.stdin.end();
    return Number((await lines.next()).value);
  };
}

export const firewall: Row = {
  name: "firewall",
  title: "A change of a firewall with 1,000 rules and 100 guests, while packets flow",
  bare: true,
  async measure(_, extent, say) {
    const guard = new BridgeGuard(tag);
    const bridge = bridgeName({ tag, index: 0 });
    const holders: ChildProcess[] = [];
    const times: number[] = [];
    let sent = 0;
    let got = 0;
    try {
      await exec("ip", ["link", "add", "name", bridge, "type", "bridge", "forward_delay", "0"]);
      await exec("ip", ["link", "set", "dev", bridge, "up"]);
      await guard.apply(planOf());
      for (const n of [0, 1]) holders.push(await machine(n));
      const inside = ["--target", String(holders[0]!.pid), "--net"];
      // Once the ports forward and both know each other; ping itself is not allowed, and ARP is what is waited for.
      await exec("nsenter", [...inside, "ping", "-c", "3", "-i", "0.5", "-W", "1", "10.255.7.3"]).catch(
        () => undefined,
      );
      const end = await begin(holders[1]!, "get", "5000");
      const stop = await begin(holders[0]!, "send", "10.255.7.3", "5000");
      for (let round = 0; round < extent.times(20); round++)
        for (const [what, plan] of changes) {
          const time = await timed(() => guard.apply(plan()));
          times.push(time);
          if (round === 0) say(`${what}: ${time.toFixed(0)} ms`);
          await rest(20);
        }
      sent = await stop();
      got = await end();
      say(`${sent} packets sent, ${sent - got} lost`);
    } finally {
      for (const holder of holders) holder.kill("SIGKILL");
      await guard.remove();
      await exec("ip", ["link", "del", "dev", bridge]).catch(() => undefined);
    }
    return {
      figures: [
        {
          what: "a change applied",
          who: "Lodge",
          unit: "ms",
          samples: times,
          bars: [{ of: "most", atMost: 100 }],
        },
        {
          what: "packets lost of those sent",
          who: "Lodge",
          unit: "%",
          samples: [(100 * (sent - got)) / sent],
          bars: [{ of: "most", atMost: 0 }],
        },
      ],
      notes: [
        `Rules and members added and taken away, guests that come and go, by turns; ${sent} numbered datagrams meanwhile, about 2,000 a second from one guest to another, of which a rule allows each.`,
      ],
    };
  },
};
