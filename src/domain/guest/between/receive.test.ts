import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { operationConformance } from "#durable/operation/conformance";
import type { Store } from "#durable/store/store";
import { restingGuest, restingHost } from "../../../../test/fakes/resting-guest.ts";
import type { Cargo } from "../migrate/cargo.ts";
import { Conversation } from "../migrate/conversation.ts";
import { guestKey, guestNameKey, type GuestRecord } from "../record.ts";
import { defineReceive, type ReceiveParts } from "./receive.ts";
import { endVisit, visitKey, type VisitRecord } from "./visit-record.ts";

const visit = "v0123456789";
const name = guestNameKey("default", "web");
const cargo: Cargo = {
  guest: restingGuest,
  live: false,
  layers: [],
  images: [],
  snapshots: [],
  volumes: [],
  files: [],
};
const input = { visit, attempt: "m0123456789", cargo, names: {} };

/** Its source says whose the guest is as soon as it has heard that all of it is here; `taken`: what it says. */
async function worldOf(store: Store, taken: boolean) {
  const coming: VisitRecord = {
    ...{ id: visit, address: "198.51.100.2:8473", createdAt: 0, expiresAt: Number.MAX_SAFE_INTEGER },
    ...{ state: "coming", secret: "", attempt: input.attempt, layers: [], claims: [name] },
    guest: { id: restingGuest.id, name: "web", project: "default" },
  };
  await store.transact({
    put: [
      { key: visitKey(visit), value: coming },
      { key: name, value: restingGuest.id },
    ],
  });
  const host = await restingHost(store);
  const state = async () => ((await store.get(visitKey(visit)))!.value as VisitRecord).state;
  async function source(talk: Conversation): Promise<void> {
    const { signal } = new AbortController();
    await talk.hear("wants", signal);
    talk.say({ say: "sent" });
    await talk.hear("ready", signal);
    await endVisit(store, visit, taken);
  }
  const define = () => {
    const [near, far] = duplexPair();
    void source(new Conversation(far)).catch(() => undefined);
    const berth = { talk: Promise.resolve(new Conversation(near)), expect: async () => undefined };
    const parts: ReceiveParts = {
      fleet: host.fleet,
      layerRoots: async () => [],
      target: async () => ({ host: "", name: "rack", places: host.fleet.parts.places }),
      berth: () => berth,
    };
    // Of one that waits since before the daemon began anew, its source says so again.
    void state().then((now) => (now === "waiting" ? endVisit(store, visit, taken) : undefined));
    return defineReceive(parts) as never;
  };
  const record = async () => (await store.get(guestKey(restingGuest.id)))?.value as GuestRecord | undefined;
  return { host, define, state, record, named: async () => (await store.get(name)) !== undefined };
}

for (const taken of [true, false])
  operationConformance(
    `a guest from outside that ${taken ? "comes" : "stays where it is"}`,
    async (store) => {
      const { host, define, state, record, named } = await worldOf(store, taken);
      return {
        define,
        input,
        targets: ["guest:g0123456789"],
        observe: async () => ({ record: await record(), folders: await host.guests() }),
        async assertDone({ result }) {
          assert.deepEqual(result, { here: taken, guest: "web" });
          const found = await record();
          assert.deepEqual([found?.name, found?.generation], taken ? ["web", 2] : [undefined, undefined]);
          assert.deepEqual([await state(), await named()], [taken ? "here" : "entered", taken]);
          assert.deepEqual(await host.guests(), taken ? [restingGuest.id] : []);
        },
        dispose: async () => host[Symbol.asyncDispose](),
      };
    },
  );
