/**
 * Three hosts over fake services: alpha, which is visited; beta, which answers; and gamma, which does not. Enough for
 * pages to show a cluster, of which nothing runs.
 */
import { createClient, type Client } from "#client/client";
import { fakePeers } from "./fake-cluster.ts";
import { startFakeDaemon, type FakeDaemon } from "./fake-daemon.ts";
import { fakeGuest, type FakeServices } from "./fake-services.ts";

const GiB = 2 ** 30;

export class ClusteredDaemon {
  readonly client: Client;
  readonly services: FakeServices;
  readonly #alpha: FakeDaemon;
  readonly #beta: FakeDaemon;

  private constructor(alpha: FakeDaemon, beta: FakeDaemon) {
    this.#alpha = alpha;
    this.#beta = beta;
    this.services = alpha.services;
    this.client = createClient({ socketPath: alpha.socketPath });
  }

  /** `web`: the folder of the web interface. */
  static async start(web: string): Promise<ClusteredDaemon> {
    const beta = await startFakeDaemon();
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
    known.clear();
    for (const guest of [
      fakeGuest("web-1", { host: "alpha", labels: { app: "web" }, ha: { priority: 200 } }),
      fakeGuest("web-2", { host: "beta", labels: { app: "web" } }),
      fakeGuest("database", { host: "beta", cpus: 4, memory: 8 * GiB }),
      fakeGuest("archive", { host: "gamma", state: "stopped" }),
    ])
      known.set(guest.name, guest);
    await this.#beta.services.pools.create({ name: "fast", kind: "directory", target: "/srv/fast" });
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
