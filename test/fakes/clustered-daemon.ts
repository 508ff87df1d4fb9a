/**
 * Three hosts over fake services: alpha, which is visited; beta, which answers; and gamma, which does not. Enough for
 * pages to show a cluster, of which nothing runs.
 */
import { createClient, type Client } from "#client/client";
import type { Schemas } from "#contract/schemas";
import { memberKey } from "#domain/member/record";
import { fakeHost, fakePeers } from "./fake-cluster.ts";
import { startFakeDaemon, type FakeDaemon } from "./fake-daemon.ts";
import { fakeGuest, type FakeServices } from "./fake-services.ts";

const GiB = 2 ** 30;

/** A picture of one black pixel. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
  "base64",
);

const status: Schemas["ClusterStatus"] = {
  state: "weakened",
  voters: 3,
  needed: 2,
  external: false,
  says: ["2 of the 3 hosts that keep the cluster's state answer; 2 are needed. gamma does not answer."],
  advice: ["Bring gamma back before another host fails: then nothing could be changed any more."],
};

const prospect: Schemas["MoveProspect"] = {
  host: "beta",
  live: true,
  bytes: 512 * 2 ** 20,
  blockers: [],
  warnings: [],
};

const blockers: Schemas["MoveProspect"]["blockers"] = [
  {
    what: "memory",
    reason: "alpha has 2.5 GiB of memory left, and it needs 8 GiB",
    fix: "Move others away from alpha, or give this one less memory.",
  },
  {
    what: "device",
    reason: "it has the host's device usb:1-2",
    fix: "Take it away: 'lodge device detach database usb:1-2'.",
  },
];

const plan: Schemas["DrainPlan"] = {
  moves: [
    {
      guest: "gweb-200000",
      name: "web-2",
      from: "beta",
      to: "alpha",
      toName: "alpha",
      how: "live",
      why: "alpha has most room",
      round: 1,
    },
  ],
  stuck: [
    {
      guest: "gdatabase00",
      name: "database",
      reason: "no host has 8 GiB of memory left",
      fix: "Free memory on alpha, or give it less.",
    },
  ],
};

const rebalance: Schemas["RebalancePlan"] = {
  moves: [
    {
      guest: "gweb-200000",
      name: "web-2",
      from: "beta",
      to: "alpha",
      how: "live",
      why: "beta is 31 % fuller than the mean",
    },
  ],
  before: 0.42,
  after: 0.08,
};

export class ClusteredDaemon {
  readonly client: Client;
  /** Those of alpha, which is visited. */
  readonly services: FakeServices;
  /** Those of beta. */
  readonly others: FakeServices;
  readonly #alpha: FakeDaemon;
  readonly #beta: FakeDaemon;

  private constructor(alpha: FakeDaemon, beta: FakeDaemon) {
    this.#alpha = alpha;
    this.#beta = beta;
    this.services = alpha.services;
    this.others = beta.services;
    this.client = createClient({ socketPath: alpha.socketPath });
  }

  /** `web`: the folder of the web interface. */
  static async start(web: string): Promise<ClusteredDaemon> {
    const beta = await startFakeDaemon({ peers: fakePeers("beta", () => []) });
    const others = () => [
      { name: "beta", socketPath: beta.socketPath },
      { name: "gamma", socketPath: undefined },
    ];
    const alpha = await startFakeDaemon({ peers: fakePeers("alpha", others), web });
    await alpha.listenTcp();
    const daemon = new ClusteredDaemon(alpha, beta);
    await daemon.#furnish();
    return daemon;
  }

  async #furnish(): Promise<void> {
    const { known, events } = this.services;
    this.services.underlay = {
      kind: "trusted",
      mtu: 1450,
      hosts: [
        { name: "alpha", address: "192.0.2.1", mtu: 1500, wireguard: false },
        { name: "beta", address: "192.0.2.2", mtu: 9000, wireguard: true },
        { name: "gamma", wireguard: false },
      ],
    };
    this.services.hostName = "alpha";
    this.#beta.services.hostName = "beta";
    this.services.cluster.shown = [
      fakeHost("alpha", { here: true, guests: 1, labels: { zone: "a", disk: "fast" } }),
      fakeHost("beta", { guests: 2, labels: { zone: "b" }, taints: ["gpu"] }),
      fakeHost("gamma", {
        guests: 1,
        answers: false,
        awaySince: new Date(Date.now() - 240_000).toISOString(),
      }),
    ];
    await this.services.members.transact({
      put: ["alpha", "beta", "gamma"].map((name) => ({ key: memberKey(name), value: { id: name, name } })),
    });
    await this.services.fences.create({
      host: "alpha",
      command: ["/usr/local/sbin/power-off", "192.0.2.101"],
    });
    known.clear();
    for (const guest of [
      fakeGuest("web-1", { host: "alpha", labels: { app: "web" }, ha: { priority: 200 } }),
      fakeGuest("web-2", { host: "beta", labels: { app: "web" } }),
      fakeGuest("database", { host: "beta", cpus: 4, memory: 8 * GiB }),
      fakeGuest("archive", {
        host: "gamma",
        state: "running",
        replica: {
          host: "beta",
          state: "behind",
          since: "2026-01-02T03:04:05.000Z",
          syncedAt: "2026-01-02T03:04:00.000Z",
          reason: "its host's daemon has ended",
        },
      }),
    ])
      known.set(guest.name, guest);
    await this.#beta.services.pools.create({ name: "fast", kind: "directory", target: "/srv/fast" });
    this.services.guests.checkMove = async (ref, { to = "beta" }) => ({
      ...prospect,
      host: to,
      ...(ref === "database" ? { blockers } : {}),
    });
    this.services.cluster.told = status;
    this.services.watch.thumbnail = async () => pixel;
    this.services.placement.rebalance = async () => rebalance;
    const { drains, operations } = this.others;
    drains.plan = async () => plan;
    drains.start = async () => operations.begin("host.drain", ["member:beta"]);
    events.happen("web-1 was moved here from beta", { kind: "guest.moved", host: "alpha" });
    events.happen("beta started", { kind: "daemon.started", host: "beta" });
  }

  async url(): Promise<string> {
    return `http://${this.#alpha.tcp}`;
  }

  async close(): Promise<void> {
    await this.#alpha.close();
    await this.#beta.close();
  }
}
