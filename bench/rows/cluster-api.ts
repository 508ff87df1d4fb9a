/** What a cluster's store costs its API: lists of ten thousand guests from etcd, and guests made while a member is down. */
import { homePaths } from "#base/home";
import { Cluster, type Host } from "../cluster.ts";
import { GuestLists } from "../list-guests.ts";
import { percentile, type Figure } from "../figures.ts";
import { rest, timed, type Row } from "../row.ts";

const count = 10_000;
/** Milliseconds until all hosts know of a host that was lost, and no longer ask it. */
const noticed = 10_000;
/** Milliseconds for which guests are made at most, with all hosts there and with one down. */
const longest = 45_000;

export const clusterApi: Row = {
  name: "cluster-api",
  title:
    "A cluster of three hosts with 10,000 guests: `GET /v1/guests`, and guests that are made while a member is down",
  bare: true,
  async measure(_lodge, extent, say) {
    await using cluster = await Cluster.start(3);
    const [first, second, third] = cluster.all as [Host, Host, Host];
    const { client } = first;
    for (let voters = 0; voters < 3; await rest(250)) ({ voters = 0 } = await client.call("clusterGet"));
    say(`Writing ${count} guests' records`);
    const ids = (await client.call("clusterHosts")).map(({ id }) => id);
    await first.program("bench/fill-cluster.ts", [first.home, String(count), ...ids], { timeout: 300_000 });
    for (const host of cluster.all)
      await host.client.call("hostUpdate", { body: { overcommit: { disk: 10 } } });
    // Everybody's daemon has them, and the template of the image is parked.
    await rest(extent.quick ? 2000 : 20_000);
    const lists = await listed(first, extent.times(30));
    say(`the last whole list took ${lists.all.at(-1)!.toFixed(0)} ms`);

    const samples = extent.times(200);
    const healthy = await made(first, "well", samples);
    say(
      `a guest made: ${percentile(healthy, 0.5).toFixed(0)} ms, p99 ${percentile(healthy, 0.99).toFixed(0)} ms`,
    );
    await third.crash();
    const begin = performance.now();
    const meanwhile: number[] = [];
    while (performance.now() - begin < noticed)
      meanwhile.push(...(await made(second, `lost${meanwhile.length}`, 1)));
    const down = await made(first, "down", samples);
    say(
      `with a member down: ${percentile(down, 0.5).toFixed(0)} ms, p99 ${percentile(down, 0.99).toFixed(0)} ms`,
    );
    const p99 = percentile(healthy, 0.99);
    const list = (what: string, of: number[]): Figure => ({
      what,
      who: "Lodge",
      unit: "ms",
      samples: of,
      bars: [
        { of: "median", atMost: 300 },
        { of: "p95", atMost: 300 },
      ],
    });
    const create = (what: string, of: number[]): Figure => ({
      what,
      who: "Lodge",
      unit: "ms",
      samples: of,
      bars: [],
    });
    return {
      figures: [
        list(`all ${count}, in pages of 1,000`, lists.all),
        list("the first page of 100", lists.first),
        list("the first page, right after a guest was changed", lists.changed),
        create("a guest made without a start, all hosts there", healthy),
        create("the same, a member down", down),
        create(`the same, in the ${noticed / 1000} s after the member was lost`, meanwhile),
        {
          what: "p99 with a member down by p99 with all there",
          who: "Lodge",
          unit: "times",
          samples: [percentile(down, 0.99) / p99],
          bars: [{ of: "most", atMost: 2 }],
        },
      ],
      notes: [
        `Three hosts on this machine, each with an etcd of Lodge's and a third of the guests; asked by HTTP on a daemon's unix socket, answers parsed: ${Math.round(lists.bytes / 1e6)} MB in all.`,
        `A guest made is all of it: a host chosen, the request led there, the operation ended. p99: ${p99.toFixed(0)} ms with all there, ${percentile(down, 0.99).toFixed(0)} ms with a member down. The member was switched off whole, its etcd with it.`,
      ],
    };
  },
};

async function listed(host: Host, times: number) {
  using lists = new GuestLists(host.namespace.outside(homePaths(host.home).socket));
  const [all, first, changed]: [number[], number[], number[]] = [[], [], []];
  const whole = async () => {
    const items = await lists.whole();
    if (items !== count) throw new TypeError(`${items} guests were listed`);
  };
  // Puts every guest's JSON and the order in place.
  await whole();
  for (let i = 0; i < times; i++) {
    first.push(await timed(() => lists.page("limit=100")));
    await rest(20);
    all.push(await timed(whole));
    await rest(20);
    const params = { guest: `guest-${String(i).padStart(5, "0")}` };
    await host.client.call("guestUpdate", { params, body: { description: `turn ${i}` } });
    changed.push(await timed(() => lists.page("limit=100")));
  }
  return { all, first, changed, bytes: lists.bytes };
}

/** Guests that are not started, one after another and no longer than `longest`: how long each took. */
async function made({ client }: Host, name: string, times: number): Promise<number[]> {
  const samples: number[] = [];
  const end = performance.now() + longest;
  for (let i = 0; i < times && performance.now() < end; i++) {
    const body = { image: "tiny", name: `${name}-${i}`, start: false, wait: "none" } as const;
    samples.push(await timed(async () => client.waitFor(await client.call("guestCreate", { body }))));
  }
  return samples;
}
