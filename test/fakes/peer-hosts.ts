/** Hosts of a cluster in one process: a real server with a peer door for each, over fake services. */
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { Peers } from "#client/peers";
import { ClusterAuthority } from "#domain/cluster/authority";
import { HostIdentity, newHost } from "#domain/cluster/host-identity";
import { Tunnels } from "#domain/cluster/tunnels";
import { createServer, type Server } from "#server/server";
import { FakeServices } from "./fake-services.ts";
import { fakeToken } from "./fake-daemon.ts";

export interface PeerHost {
  readonly id: string;
  readonly name: string;
  readonly identity: HostIdentity;
  readonly services: FakeServices;
  readonly tunnels: Tunnels;
  /** What it asks the others with. */
  readonly peers: Peers;
  readonly socketPath: string;
  /** "HOST:PORT" of its peer door. */
  readonly address: string;
  /** "HOST:PORT", for anybody. */
  readonly tcp: string;
  close(): Promise<void>;
}

export class PeerHosts {
  readonly scratch = mkdtempSync(join(tmpdir(), "lodge-peers-"));
  readonly authority: ClusterAuthority;
  readonly members = new Map<
    string,
    { readonly id: string; readonly name: string; readonly address: string }
  >();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #hosts: PeerHost[] = [];

  private constructor(authority: ClusterAuthority) {
    this.authority = authority;
  }

  static make = async (): Promise<PeerHosts> => new PeerHosts(await ClusterAuthority.make("c1", systemClock));

  /** A certificate for a host of this id, whether it is a member or not. */
  async identity(id: string, by = this.authority): Promise<HostIdentity> {
    const { request, key } = await newHost(id, ["127.0.0.1"]);
    const given = { ca: by.certificate, cert: by.sign(request).certificate, key };
    return HostIdentity.write(join(this.scratch, `${id}-${this.#made++}`), systemClock, given);
  }
  #made = 0;

  async join(id: string, name: string, wire?: number): Promise<PeerHost> {
    const identity = await this.identity(id);
    const services = new FakeServices();
    const tunnels = new Tunnels();
    const members = {
      ...(wire === undefined ? {} : { wire }),
      get: (host: string) => this.members.get(host),
      onChange: (listener: () => void, signal: AbortSignal) => {
        this.#changes.on("change", listener);
        signal.addEventListener("abort", () => this.#changes.off("change", listener), { once: true });
      },
    };
    const server: Server = await createServer({
      services,
      log: silentLog,
      version: "0.0.0",
      token: fakeToken,
      tunnels: { members, tunnels },
    });
    const socketPath = join(this.scratch, `${id}.sock`);
    await server.listenUnix(socketPath);
    const tcp = await server.listenTcp("127.0.0.1:0");
    const address = await server.listenPeers("127.0.0.1:0", identity);
    const peers = this.asker(identity, wire);
    const close = async () => {
      peers.close();
      await server.close();
    };
    const host = { id, name, identity, services, tunnels, peers, socketPath, address, tcp, close };
    this.members.set(id, { id, name, address });
    this.#hosts.push(host);
    return host;
  }

  /** What whoever has this certificate asks with. */
  asker = (identity: HostIdentity, wire?: number): Peers =>
    new Peers({ find: (host) => this.members.get(host), identity: () => identity.current(), wire });

  remove(id: string): void {
    this.members.delete(id);
    this.#changes.emit("change");
  }

  async close(): Promise<void> {
    for (const host of this.#hosts) await host.close();
    rmSync(this.scratch, { recursive: true });
  }
}
