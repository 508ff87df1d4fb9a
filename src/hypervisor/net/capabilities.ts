/**
 * What this host's network can do, tried and not guessed: in a fresh network namespace where one can be
 * had, where all vanishes with the probe; otherwise by making and removing things with names of our own.
 */
import { readFile } from "node:fs/promises";
import { exec } from "#base/exec";
import { asLodgeError, LodgeError } from "#contract/errors";
import { rulesText, removalOf } from "./rules.ts";
import { bridgeName } from "./names.ts";

export interface Capability {
  readonly ok: boolean;
  /** What was proved, or why it can't be done. */
  readonly reason: string;
  /** What to do about it, where it can't. */
  readonly fix?: string;
}

export interface NetworkCapabilities {
  /** All four below: guests can have a NAT network. */
  readonly nat: boolean;
  readonly bridge: Capability;
  readonly tun: Capability;
  readonly nft: Capability;
  readonly dnsmasq: Capability;
}

/** CAP_NET_ADMIN, see linux/capability.h. */
const netAdmin = 12n;

/** May this process change the network it is in? */
export async function mayAdministerNetwork(): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? "0"}`);
  return ((effective >> netAdmin) & 1n) === 1n;
}

async function attempt(proof: string, fix: string, act: () => Promise<unknown>): Promise<Capability> {
  try {
    await act();
    return { ok: true, reason: proof };
  } catch (error) {
    const { code, message, detail, hint } = asLodgeError(error);
    const reason = detail?.trim().split("\n")[0] || message;
    return { ok: false, reason, fix: code === "host.command_missing" ? hint : fix };
  }
}

const modprobe = (modules: string): string =>
  `Run the daemon as root; 'modprobe ${modules}' if that is not it.`;

/** dnsmasq without DHCP or inotify exists, and would start. */
async function askDnsmasq(): Promise<void> {
  const { stdout } = await exec("dnsmasq", ["--version"]);
  const options = /^Compile time options:(.*)$/m.exec(stdout)?.[1] ?? "";
  for (const option of ["DHCP", "inotify"]) {
    if (options.split(" ").includes(option)) continue;
    const detail = `this dnsmasq was built without ${option}`;
    throw new LodgeError("host.command_failed", { command: "dnsmasq", status: "unfit" }, { detail });
  }
}

/** Takes about 50 ms; the tag is this Lodge's, for names that nobody else has. */
export async function networkCapabilities(tag: string): Promise<NetworkCapabilities> {
  const key = { tag, index: 35 };
  const bridge = bridgeName(key);
  const apart = await exec("unshare", ["--net", "true"]).then(
    () => ["unshare", "--net"],
    () => [],
  );
  const run = (input: string, ...command: string[]) => {
    const [program = "", ...args] = [...apart, ...command];
    return exec(program, args, { input });
  };
  const made = (what: string) => `${what} was made and removed${apart.length > 0 ? " in a namespace" : ""}`;
  const rules = rulesText({ ...key, kind: "nat", subnet: "10.64.0.0/24", publishes: [] });
  const checks = await Promise.all([
    attempt(made("a bridge"), modprobe("bridge"), () =>
      run(`link add name ${bridge} type bridge\nlink del dev ${bridge}\n`, "ip", "-batch", "-"),
    ),
    attempt(made("a tap"), modprobe("tun"), () =>
      run(`tuntap add dev ${bridge}t mode tap\ntuntap del dev ${bridge}t mode tap\n`, "ip", "-batch", "-"),
    ),
    attempt(made("a table of NAT rules"), modprobe("nf_tables nft_chain_nat nft_fib_inet"), async () => {
      await run(rules, "nft", "-f", "-");
      if (apart.length === 0) await run(removalOf(key), "nft", "-f", "-");
    }),
    attempt("it runs and has DHCP and inotify", "Install Debian's dnsmasq-base.", askDnsmasq),
  ]);
  const [forBridge, tun, nft, dnsmasq] = checks;
  const nat = forBridge.ok && tun.ok && nft.ok && dnsmasq.ok && (await mayAdministerNetwork());
  return { nat, bridge: forBridge, tun, nft, dnsmasq };
}
