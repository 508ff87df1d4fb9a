/**
 * What may befall a host. Each is begun on one host and healed after a while; healing is sure to work, whatever has happened to
 * the host meanwhile by this fault.
 */
import type { ProcessRef } from "#base/process";
import { signalProcess } from "#base/process";
import type { Host } from "../hosts/host.ts";
import type { Hosts } from "../hosts/hosts.ts";
import { between } from "../hosts/switch.ts";
import type { Chance } from "./random.ts";
import type { World } from "./world.ts";

export interface Struck {
  readonly world: World;
  readonly hosts: Hosts;
  readonly host: Host;
  readonly chance: Chance;
}

export interface FaultKind {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  /** Seconds until it is healed. */
  readonly lasts: readonly [least: number, most: number];
  /** It takes a second host. */
  readonly between?: true;
  /** Resolves to what heals it, or to nothing where there was nobody to strike. */
  strike(struck: Struck): Promise<(() => Promise<void>) | undefined>;
}

const runs = (name: string) => (argv: readonly string[]) => argv.some((word) => word.endsWith(name));

const isDaemon = runs("bin/lodged.ts");
const isEtcd = (argv: readonly string[]) => argv[0]?.split("/").at(-1) === "etcd";
const isFence = runs("bin/lodge-fence.ts");
const isMachine = (argv: readonly string[]) => /qemu-system-[^/]*$/.test(argv[0] ?? "");

const some = (host: Host, recognise: (argv: readonly string[]) => boolean): ProcessRef[] =>
  host.processes(recognise).map(({ ref }) => ref);

/** One process, or several that are of one kind, stand still for a while. */
const stopped =
  (recognise: (argv: readonly string[]) => boolean, all = false): FaultKind["strike"] =>
  async ({ host, chance }) => {
    const found = some(host, recognise);
    if (found.length === 0) return undefined;
    const chosen = all ? found : [chance.one(found)];
    for (const ref of chosen) signalProcess(ref, "SIGSTOP");
    return async () => {
      for (const ref of chosen) signalProcess(ref, "SIGCONT");
    };
  };

/** Lodge brings back what is its own. */
const killed =
  (recognise: (argv: readonly string[]) => boolean): FaultKind["strike"] =>
  async ({ world, host, chance }) => {
    const found = some(host, recognise);
    if (found.length === 0) return undefined;
    signalProcess(chance.one(found), "SIGKILL");
    return () => world.up(host);
  };

const others = ({ hosts, host }: Struck): string[] =>
  hosts.all.filter((other) => other !== host).map(({ name }) => name);

const second = 1000;
const hour = 3600 * second;

export const faults: readonly FaultKind[] = [
  {
    name: "daemon killed",
    weight: 4,
    lasts: [0, 8],
    async strike({ world, host }) {
      await host.endDaemon("SIGKILL");
      return () => world.up(host);
    },
  },
  { name: "daemon stopped", weight: 3, lasts: [1, 15], strike: stopped(isDaemon) },
  { name: "etcd killed", weight: 3, lasts: [0, 5], strike: killed(isEtcd) },
  { name: "etcd stopped", weight: 3, lasts: [1, 15], strike: stopped(isEtcd) },
  { name: "fence killed", weight: 1, lasts: [0, 5], strike: killed(isFence) },
  { name: "fence stopped", weight: 1, lasts: [1, 15], strike: stopped(isFence) },
  { name: "machine stopped", weight: 2, lasts: [1, 10], strike: stopped(isMachine) },
  {
    name: "host stopped",
    weight: 3,
    lasts: [1, 20],
    async strike({ host }) {
      await host.pause();
      return () => host.unpause();
    },
  },
  {
    name: "host killed",
    weight: 3,
    lasts: [3, 20],
    async strike({ world, host }) {
      await world.down(host);
      return () => world.up(host);
    },
  },
  {
    name: "cut off",
    weight: 3,
    lasts: [2, 20],
    between: true,
    async strike(struck) {
      const ways = between([struck.host.name], others(struck));
      await struck.hosts.cables.cut(ways);
      return () => struck.hosts.cables.heal(ways);
    },
  },
  {
    name: "hears nobody",
    weight: 2,
    lasts: [2, 20],
    between: true,
    async strike(struck) {
      const ways = others(struck).map((other) => [other, struck.host.name] as const);
      await struck.hosts.cables.cut(ways);
      return () => struck.hosts.cables.heal(ways);
    },
  },
  {
    name: "heard by nobody",
    weight: 2,
    lasts: [2, 20],
    between: true,
    async strike(struck) {
      const ways = others(struck).map((other) => [struck.host.name, other] as const);
      await struck.hosts.cables.cut(ways);
      return () => struck.hosts.cables.heal(ways);
    },
  },
  {
    name: "two cut apart",
    weight: 2,
    lasts: [2, 20],
    between: true,
    async strike(struck) {
      const ways = between([struck.host.name], [struck.chance.one(others(struck))]);
      await struck.hosts.cables.cut(ways);
      return () => struck.hosts.cables.heal(ways);
    },
  },
  {
    name: "unplugged",
    weight: 1,
    lasts: [2, 15],
    between: true,
    async strike({ hosts, host }) {
      await hosts.cables.carrier(host.name, false);
      return () => hosts.cables.carrier(host.name, true);
    },
  },
  {
    name: "slow cable",
    weight: 2,
    lasts: [3, 20],
    between: true,
    async strike({ hosts, host, chance }) {
      const rate = Math.round(chance.between(32, 512)) * 1024;
      await hosts.cables.rate(host.namespace, host.name, rate);
      return () => hosts.cables.rate(host.namespace, host.name);
    },
  },
  {
    name: "clock jumped",
    weight: 3,
    lasts: [2, 20],
    async strike({ host, chance }) {
      const far = chance.one([2 * second, 30 * second, hour, 24 * hour]);
      await host.shiftClock(chance.next() < 0.5 ? far : -far);
      return () => host.shiftClock(0);
    },
  },
  {
    name: "disk full",
    weight: 2,
    lasts: [2, 15],
    async strike({ host }) {
      await host.fill();
      return () => host.unfill();
    },
  },
];
