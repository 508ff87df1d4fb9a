/**
 * The cables between hosts: a bridge in a network namespace of its own, one port for each host. What a cable does to
 * frames is done at the bridge, so no host knows of it:
 *
 *   host h1 ─ eth0 ══ h1 ─┐
 *   host h2 ─ eth0 ══ h2 ─┤ bridge; pairs (from, to) that are cut are dropped when it forwards, each way by itself
 *   host h3 ─ eth0 ══ h3 ─┘ a rate is the shaping of the port to a host, and of the host's own card
 */
import { exec } from "#base/exec";
import type { Namespace } from "./namespace.ts";

/** From one host to another, by their names. */
export type Way = readonly [from: string, to: string];

const rules = `
table bridge cables {
  set cut { type ifname . ifname; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname . oifname @cut drop
  }
}
`;

export class Switch {
  readonly #namespace: Namespace;

  private constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  static async start(namespace: Namespace): Promise<Switch> {
    await namespace.run(["ip", "link", "add", "name", "bridge", "type", "bridge"]);
    await namespace.run(["ip", "link", "set", "dev", "bridge", "up"]);
    await namespace.run(["nft", "-f", "-"], { input: rules });
    return new Switch(namespace);
  }

  /** Plugs a host in, whose card is eth0 from then on. Its cable goes with either end. */
  async plug(host: Namespace, name: string, address: string): Promise<void> {
    const ends = `link add name ${name} type veth peer name eth0 netns ${host.pid}`;
    const enter = ["--target", String(this.#namespace.pid), "--net"];
    await exec("nsenter", [...enter, "ip", "-batch", "-"], {
      input: `${ends}\nlink set dev ${name} master bridge\nlink set dev ${name} up\n`,
    });
    await host.run(["ip", "-batch", "-"], {
      input: `address add ${address}/24 dev eth0\nlink set dev eth0 up\n`,
    });
  }

  /** Takes a host's cable away, whose namespace the kernel may not have done with. */
  async unplug(name: string): Promise<void> {
    await this.#namespace.run(["ip", "link", "delete", "dev", name]).catch(() => undefined);
  }

  /** Frames go that way no more. Idempotent. */
  async cut(ways: readonly Way[]): Promise<void> {
    await this.#change("add", ways);
  }

  /** Frames go that way again. Idempotent. */
  async heal(ways: readonly Way[]): Promise<void> {
    await this.#change("add", ways);
    await this.#change("delete", ways);
  }

  /** All cables are whole, however many were cut. */
  async healAll(): Promise<void> {
    await this.#nft("flush set bridge cables cut");
  }

  /** Pulls a host's plug, or puts it in again: its card has no carrier meanwhile. */
  async carrier(name: string, up: boolean): Promise<void> {
    await this.#namespace.run(["ip", "link", "set", "dev", name, up ? "up" : "down"]);
  }

  /** Limits what goes to a host and what it sends, each to so many bytes a second; without a number, no more. */
  async rate(host: Namespace, name: string, bytes?: number): Promise<void> {
    for (const [where, device] of [
      [this.#namespace, name],
      [host, "eth0"],
    ] as const) {
      await where.run(["tc", "qdisc", "del", "dev", device, "root"]).catch(() => undefined);
      if (bytes === undefined) continue;
      const add = (...words: string[]) => where.run(["tc", ...words]);
      await add("qdisc", "add", "dev", device, "root", "handle", "1:", "htb", "default", "1");
      const rate = `${bytes * 8}bit`;
      await add("class", "add", "dev", device, "parent", "1:", "classid", "1:1", "htb", "rate", rate);
    }
  }

  async #change(verb: "add" | "delete", ways: readonly Way[]): Promise<void> {
    if (ways.length === 0) return;
    const elements = ways.map(([from, to]) => `"${from}" . "${to}"`).join(", ");
    await this.#nft(`${verb} element bridge cables cut { ${elements} }`);
  }

  async #nft(input: string): Promise<void> {
    await this.#namespace.run(["nft", "-f", "-"], { input: `${input}\n` });
  }
}

/** Every way between the hosts of one side and those of the other. */
export const between = (some: readonly string[], others: readonly string[]): Way[] =>
  some.flatMap((one) =>
    others.flatMap((other): Way[] =>
      one === other
        ? []
        : [
            [one, other],
            [other, one],
          ],
    ),
  );
