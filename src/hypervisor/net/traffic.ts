import { readFile } from "node:fs/promises";

/** Bytes since the tap was made, seen from the guest's side. */
export interface Traffic {
  readonly received: number;
  readonly sent: number;
}

/** What went through a tap; undefined where there is none. What the host sends is what the guest receives. */
export async function tapTraffic(tap: string): Promise<Traffic | undefined> {
  const read = async (name: string) =>
    Number(await readFile(`/sys/class/net/${tap}/statistics/${name}`, "latin1"));
  try {
    const [received, sent] = await Promise.all([read("tx_bytes"), read("rx_bytes")]);
    return { received, sent };
  } catch {
    return undefined;
  }
}
