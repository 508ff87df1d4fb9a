/** A cluster of one host that is what it is: for what asks how it is, and what is answered to whom. */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { aloneStatus } from "#domain/cluster/status";
import type { ClusterService } from "#server/services";
import type { FakeOperations } from "./fake-operations.ts";

export class FakeMembership implements ClusterService {
  readonly #operations: FakeOperations;
  shown: Schemas["ClusterHost"][] = [];
  told: Schemas["ClusterStatus"] = aloneStatus;

  constructor(operations: FakeOperations) {
    this.#operations = operations;
  }

  status = async () => this.told;
  hosts = async () => this.shown;
  begin = async () => this.#operations.begin("cluster.init", ["cluster:membership"]);
  join = async () => this.#operations.begin("cluster.join", ["cluster:membership"]);
  leave = async () => this.#operations.begin("cluster.leave", ["cluster:membership"]);
  token = async () => ({ token: "lodge-join-x", expiresAt: "2026-01-01T00:00:00.000Z" });
  backup = async (path: string) => ({ path, size: 1 });
  letGo = async () => undefined;

  hello = () => ({ id: "h0123456789", name: "fake", version: "0.0.0", wire: 1, now: 0, startedAt: 0 });

  async remove(ref: string): Promise<Schemas["ClusterHost"]> {
    const found = this.shown.find(({ name }) => name === ref);
    if (!found) throw new LodgeError("cluster.host_not_found", { host: ref });
    return found;
  }

  async takeIn(): Promise<Schemas["PeerJoined"]> {
    throw new LodgeError("cluster.token_invalid");
  }
}
