/**
 * What two guests send each other over TCP, in one network of Lodge's; and two machines of the same kind whose taps are in a
 * plain bridge, with no rule and no guard. In turns, the peer twice: how far its two times are apart is what this cannot tell.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Guest } from "#contract/schema/guest";
import { exec } from "#base/exec";
import { noAddresses } from "../answers.ts";
import { median, type Figure } from "../figures.ts";
import type { Lodge } from "../lodge.ts";
import { parkedFiles, patternOf, RawMachine } from "../raw-qemu.ts";
import { rest, type Row } from "../row.ts";

const script = readFileSync(join(import.meta.dirname, "../transfer.pl"), "utf8");
const port = "5201";

/** Runs a program to its end in one of two machines; what it printed. */
type Inside = (argv: readonly string[]) => Promise<string>;

/** Milliseconds for one MiB. */
async function transfer(from: Inside, to: Inside, address: string, mebibytes: number): Promise<number> {
  const perl = ["perl", "-e", script];
  const got = to([...perl, "get", port]);
  const said = await from([...perl, "send", address, port, String(mebibytes)]);
  await got;
  return (Number(said) * 1000) / mebibytes;
}

interface Pair {
  readonly from: Inside;
  readonly to: Inside;
  readonly address: string;
  end(): Promise<void>;
}

const insideOf =
  (lodge: Lodge, { name }: Guest): Inside =>
  async (argv) =>
    (await lodge.inside(name, ...argv)).output;

/**
 * Two machines of QEMU's, forked from the files that the guest was, in a bridge that is theirs alone. Their
 * addresses have to be none of the host's, which answers in every network for all of its own.
 */
async function rawPair(lodge: Lodge, guest: Guest): Promise<Pair> {
  const bridge = `lbr${process.pid}`.slice(0, 15);
  const machines: RawMachine[] = [];
  const end = async () => {
    await Promise.all(machines.map((machine) => machine.remove()));
    await exec("ip", ["link", "delete", bridge]);
  };
  await exec("ip", ["link", "add", bridge, "type", "bridge", "stp_state", "0", "forward_delay", "0"]);
  await exec("ip", ["link", "set", bridge, "up"]);
  try {
    const pattern = await patternOf(guest);
    for (const number of [1, 2]) {
      const prepared = await RawMachine.prepare(lodge, pattern, { parked: parkedFiles(lodge, guest) });
      await exec("ip", ["link", "set", prepared.tap, "master", bridge, "up"]);
      const machine = await RawMachine.start(prepared);
      machines.push(machine);
      await machine.monitor.execute("set_link", { name: "nic0", up: false });
      await machine.monitor.execute("cont");
      const network = { newMac: `52:54:00:be:0c:0${number}`, address: `198.51.100.${number}`, prefix: 24 };
      await machine.agent.identity({ networks: [network] });
      await machine.monitor.execute("set_link", { name: "nic0", up: true });
    }
  } catch (error) {
    await end();
    throw error;
  }
  const inside = (machine: RawMachine): Inside => {
    return async (argv) => (await machine.agent.runToEnd(argv)).stdout.toString();
  };
  return { from: inside(machines[0]!), to: inside(machines[1]!), address: "198.51.100.2", end };
}

export const net: Row = {
  name: "net",
  title: "two guests of one network that send each other data over TCP",
  async measure(lodge, extent, say) {
    await lodge.parked();
    const guests = [await lodge.run(), await lodge.run()];
    const [from, to] = guests.map((guest) => insideOf(lodge, guest));
    const address = guests[1]!.nics[0]?.address;
    if (address === undefined) {
      await lodge.remove(...guests);
      return { figures: [], notes: [noAddresses] };
    }
    const shown = await lodge.client.call("guestGet", { params: { guest: guests[0]!.id } });
    const raw = await rawPair(lodge, shown);
    const mebibytes = extent.quick ? 16 : 128;
    const [own, peer, again]: [number[], number[], number[]] = [[], [], []];
    try {
      for (let i = 0; i < extent.times(10); i++) {
        own.push(await transfer(from!, to!, address, mebibytes));
        peer.push(await transfer(raw.from, raw.to, raw.address, mebibytes));
        again.push(await transfer(raw.from, raw.to, raw.address, mebibytes));
        say(`${own.at(-1)!.toFixed(1)} ms a MiB, the peer ${peer.at(-1)!.toFixed(1)}`);
        await rest(200);
      }
    } finally {
      await raw.end();
      await lodge.remove(...guests);
    }
    const apart = median(again) / median(peer);
    const ratio: Figure = {
      what: "how long it takes, of what it takes the peer",
      who: "Lodge",
      unit: "times",
      samples: own.map((time, i) => time / ((peer[i]! + again[i]!) / 2)),
      bars: [{ of: "median", atMost: Math.max(1 / 0.97, apart, 1 / apart) }],
    };
    return {
      figures: [
        { what: "for a MiB", who: "Lodge", unit: "ms", samples: own, bars: [] },
        { what: "for a MiB, taps in a plain bridge", who: "raw QEMU", unit: "ms", samples: peer, bars: [] },
        ratio,
      ],
      notes: [`The peer took ${apart.toFixed(3)} × of its own time when it was measured a second time.`],
    };
  },
};
