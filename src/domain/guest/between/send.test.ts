import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { hasEnded } from "#contract/operation";
import { OperationRegistry } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { operationConformance } from "#durable/operation/conformance";
import { MemoryStore } from "#durable/store/memory";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { LodgeError } from "#contract/errors";
import { restingGuest, restingHost, sealKey, settleGuest } from "../../../../test/fakes/resting-guest.ts";
import { Conversation } from "../migrate/conversation.ts";
import { guestKey, guestNameKey, type GuestRecord } from "../record.ts";
import type { HostAbroad, HostsAbroad } from "./host-abroad.ts";
import { defineSend, type SendParts } from "./send.ts";
import { verdictKey, type Verdict } from "./verdict.ts";

const input = { guest: restingGuest.id, visit: "v0123456789", host: "rack", wishes: {} };
const cut = () => new LodgeError("visit.unreachable", { host: "rack", address: "here", reason: "cut" });

/** The other host, which does what a real one does with what it is told. */
class Rack {
  state: "entered" | "coming" | "waiting" | "here" = "entered";
  /** Its admin has said that what waits is not to be there. */
  drops = false;
  /** It does not hear so many times. */
  deaf = 0;
  readonly heard: boolean[] = [];
  brought: GuestRecord | undefined;
  onDeaf = async (): Promise<void> => undefined;
  /** Before it is ready. */
  onSent = async (): Promise<void> => undefined;

  readonly host: HostAbroad = {
    visit: input.visit,
    name: "rack",
    look: async () => ({ blockers: [], bytes: 0, warnings: [] }),
    begin: async (cargo) => {
      this.state = "coming";
      this.brought = cargo.guest;
    },
    connect: async () => {
      const [near, far] = duplexPair();
      void this.#converse(new Conversation(far)).catch(() => undefined);
      return near;
    },
    end: async (_guest, taken) => {
      if (this.deaf-- > 0) {
        await this.onDeaf();
        throw cut();
      }
      this.heard.push(taken);
      if (this.state === "waiting" && this.drops) this.state = "entered";
      else if (this.state === "waiting") this.state = taken ? "here" : "entered";
      else if (this.state === "coming") this.state = "entered";
      return this.state === "here";
    },
    close: () => undefined,
  };

  async #converse(talk: Conversation): Promise<void> {
    const { signal } = new AbortController();
    talk.say({ say: "wants", files: [] });
    await talk.hear("sent", signal);
    await this.onSent();
    this.state = "waiting";
    talk.say({ say: "ready" });
  }
}

const quick = { ...systemClock, sleep: async () => undefined };

async function worldOf(store: Store, rack = new Rack()) {
  await settleGuest(store);
  const host = await restingHost(store);
  const later: Verdict[] = [];
  const parts: SendParts = {
    fleet: host.fleet,
    layerRoots: async () => [],
    key: sealKey,
    clock: quick,
    abroad: { find: async () => rack.host } as unknown as HostsAbroad,
    tellLater: (verdict) => void later.push(verdict),
  };
  const has = async (key: string) => (await store.get(key)) !== undefined;
  const here = async () => [
    await has(guestKey(restingGuest.id)),
    await has(guestNameKey("default", "web")),
    await has(verdictKey(input.visit)),
  ];
  return { rack, host, later, parts, here };
}

operationConformance("sending a guest outside", async (store) => {
  const { rack, host, parts, here } = await worldOf(store);
  return {
    define: () => defineSend(parts) as never,
    input,
    targets: ["guest:g0123456789"],
    observe: async () => ({ here: await here(), there: rack.state }),
    async assertDone({ result }) {
      assert.deepEqual([await here(), rack.state], [[false, false, false], "here"]);
      assert.deepEqual(result, { host: "rack" });
    },
    dispose: async () => host[Symbol.asyncDispose](),
  };
});

describe("a guest that is sent outside", () => {
  async function sent(rack: Rack, onSent?: (store: Store, cancel: () => Promise<void>) => Promise<void>) {
    const store = new MemoryStore();
    const world = await worldOf(store, rack);
    await using _host = world.host;
    const definition = defineSend(world.parts);
    const registry = new OperationRegistry().add(definition as never);
    const engine = new OperationEngine({ store, registry, clock: systemClock, log: silentLog });
    await engine.recover();
    const begun = Promise.withResolvers<string>();
    const cancel = async () => void (await engine.cancel(await begun.promise));
    if (onSent) rack.onSent = () => onSent(store, cancel);
    const started = await engine.start(definition, input, { targets: ["guest:g0123456789"] });
    begun.resolve(started.operation.id);
    const operation = await started.completion;
    assert.ok(hasEnded(operation));
    return { ...world, operation, here: await world.here() };
  }

  it("brings its secrets in the open, which are sealed there", async () => {
    const rack = new Rack();
    await sent(rack);
    assert.equal(rack.brought!.secrets, '{"sshHostKey":{}}');
  });

  it("is the other host's from the verdict on, however long that one does not hear it", async () => {
    const rack = new Rack();
    rack.deaf = 5;
    const { operation, here } = await sent(rack);
    assert.deepEqual([operation.status, here, rack.state], ["succeeded", [false, false, false], "here"]);
  });

  it("stays as it was changed while it was on its way, and the other host hears that", async () => {
    const rack = new Rack();
    const { operation, here } = await sent(rack, async (store) => {
      const value = { ...restingGuest, description: "changed" };
      await store.transact({ put: [{ key: guestKey(restingGuest.id), value }] });
    });
    assert.equal(operation.error!.code, "visit.changed");
    assert.deepEqual([here, rack.state, rack.heard], [[true, true, false], "entered", [false]]);
  });

  it("that stays, and of which the other host does not hear, is told of later", async () => {
    const rack = new Rack();
    rack.deaf = 1;
    const { operation, here, later } = await sent(rack, async (_store, cancel) => {
      await cancel();
      throw cut();
    });
    assert.equal(operation.status, "cancelled");
    assert.deepEqual([here, later.map(({ taken }) => taken)], [[true, true, true], [false]]);
  });

  it("comes back where its own admin says that the other host is lost, and never heard of it", async () => {
    const rack = new Rack();
    rack.deaf = Infinity;
    const { operation, here } = await sent(rack, async (store) => {
      rack.onDeaf = async () => {
        await update<Verdict>(store, verdictKey(input.visit), (verdict) => ({
          ...verdict!,
          settled: "here",
        }));
      };
    });
    assert.deepEqual([operation.status, operation.result], ["succeeded", {}]);
    assert.deepEqual(here, [true, true, false]);
  });

  it("comes back where the other host's admin has let it go", async () => {
    const rack = new Rack();
    rack.drops = true;
    const { operation, here } = await sent(rack);
    assert.deepEqual([operation.status, operation.result], ["succeeded", {}]);
    assert.deepEqual([here, rack.state], [[true, true, false], "entered"]);
  });
});
