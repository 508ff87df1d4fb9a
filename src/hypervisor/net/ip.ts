/** The program `ip`: the one place that runs it. Each run costs about 2 ms, so commands go in batches. */
import { exec } from "#base/exec";

/** One network device, as `ip -details -json address` tells it; only what Lodge reads. */
export interface Link {
  readonly ifname: string;
  readonly mtu: number;
  readonly address?: string;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly inet6_addr_gen_mode?: string;
  /** What a VLAN's device lies over. */
  readonly link?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly stp_state?: number;
      readonly forward_delay?: number;
      /** A VLAN's tag, or the number of what a VXLAN carries. */
      readonly id?: number;
      /** Of a VXLAN: where its frames come from, by the kind of address. */
      readonly local?: string;
      readonly local6?: string;
      readonly port?: number;
    };
  };
  readonly addr_info?: readonly {
    readonly family: string;
    readonly scope?: string;
    readonly local: string;
    readonly prefixlen: number;
  }[];
}

/** Runs `ip`'s commands in order, stopping at the first that fails. */
export async function ipBatch(commands: readonly string[]): Promise<void> {
  if (commands.length > 0) await exec("ip", ["-batch", "-"], { input: commands.join("\n") + "\n" });
}

export async function ipJson<T>(...args: string[]): Promise<T[]> {
  const { stdout } = await exec("ip", ["-json", "-details", ...args]);
  // With nothing to tell, ip prints nothing or a list with an empty object.
  const found: T[] = stdout.trim() === "" ? [] : JSON.parse(stdout);
  return found.filter((entry) => Object.keys(entry as object).length > 0);
}

export const links = (): Promise<Link[]> => ipJson<Link>("address", "show");
