/**
 * Hosts for members of an etcd: network namespaces on one bridge of this computer's, whose cables a test cuts.
 *
 *   this test ── bridge ─┬─ h1 (namespace)
 *                        ├─ h2
 *                        └─ h3
 */
import { randomInt } from "node:crypto";
import { exec } from "#base/exec";

const ip = (...args: string[]) => exec("ip", args);

export class Namespaces {
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  readonly #id: string;
  readonly #bridge: string;

  private constructor(count: number) {
    this.#id = randomInt(0x1000, 0xffff).toString(16);
    this.#bridge = `le${this.#id}`;
    // RFC 2544 keeps these for tests of networks; no network of Lodge's is among them.
    const net = `198.18.${randomInt(1, 255)}`;
    this.addresses = Array.from({ length: count }, (_, n) => `${net}.${n + 1}`);
    this.names = this.addresses.map((_, n) => `lodge-etcd-${this.#id}-${n + 1}`);
  }

  static async make(count: number): Promise<Namespaces> {
    const hosts = new Namespaces(count);
    try {
      await hosts.#connect();
    } catch (error) {
      await hosts.end();
      throw error;
    }
    return hosts;
  }

  /** Cuts a host off from the other hosts and from this test, or only from the other hosts. */
  async cut(n: number, from: "all" | "hosts"): Promise<void> {
    if (from === "all") return void (await ip("link", "set", this.#cable(n), "down"));
    const others = this.names.map((_, other) => `"${this.#cable(other)}"`).join(", ");
    const rule = (mine: string, theirs: string) => `${mine} "${this.#cable(n)}" ${theirs} { ${others} } drop`;
    const rules = [rule("iifname", "oifname"), rule("oifname", "iifname")].join("; ");
    const chain = `chain cut { type filter hook forward priority 0; ${rules}; }`;
    await exec("nft", ["-f", "-"], { input: `table bridge ${this.#bridge} {\n${chain}\n}\n` });
  }

  /** Makes whole what was cut. */
  async mend(n: number): Promise<void> {
    await ip("link", "set", this.#cable(n), "up");
    await exec("nft", ["delete", "table", "bridge", this.#bridge]).catch(() => undefined);
  }

  async end(): Promise<void> {
    await exec("nft", ["delete", "table", "bridge", this.#bridge]).catch(() => undefined);
    for (const name of this.names) await ip("netns", "delete", name).catch(() => undefined);
    for (const n of this.names.keys()) await ip("link", "delete", this.#cable(n)).catch(() => undefined);
    await ip("link", "delete", this.#bridge).catch(() => undefined);
  }

  #cable(n: number): string {
    return `${this.#bridge}v${n + 1}`;
  }

  async #connect(): Promise<void> {
    const own = this.addresses[0]!.replace(/\d+$/, "254/24");
    await ip("link", "add", this.#bridge, "type", "bridge");
    await ip("address", "add", own, "dev", this.#bridge);
    await ip("link", "set", this.#bridge, "up");
    for (const [n, name] of this.names.entries()) {
      await ip("netns", "add", name);
      const cable = this.#cable(n);
      await ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name);
      await ip("link", "set", cable, "master", this.#bridge, "up");
      await ip("-n", name, "address", "add", `${this.addresses[n]}/24`, "dev", "eth0");
      await ip("-n", name, "link", "set", "eth0", "up");
      await ip("-n", name, "link", "set", "lo", "up");
    }
  }
}
