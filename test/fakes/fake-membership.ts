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
  backupContent = async () => ({ stream: new Blob(["all of it"]).stream(), size: 9, name: "c1.backup" });
  restore = async () => this.told;
  letGo = async () => undefined;

  hello = () => ({ id: "h0123456789", name: "fake", version: "0.0.0", wire: 1, now: 0, startedAt: 0 });

  remove: ClusterService["remove"] = async (ref, { force }) => {
    const found = this.shown.find(({ id, name }) => name === ref || id === ref);
    if (!found) throw new LodgeError("cluster.host_not_found", { host: ref });
    const { id, name, guests } = found;
    if (guests > 0 && !force)
      throw new LodgeError("cluster.has_guests", { host: name, what: `${guests} guests` });
    this.shown = this.shown.filter((other) => other.id !== id);
    return found;
  };

  async takeIn(): Promise<Schemas["PeerJoined"]> {
    throw new LodgeError("cluster.token_invalid");
  }
}
