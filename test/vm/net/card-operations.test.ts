/**
 * Do the operations on the network cards of a guest that runs stand failing, being cancelled and being killed in each of
 * their steps? A real bridge with its rules and its server, a fake QEMU. (Of one that is stopped: guest/operations.test.ts;
 * with a guest in it: cards.test.ts.)
 */
import { inOwnNamespace } from "./own-namespace.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyOperation } from "#durable/operation/define";
import { type OperationWorld, operationConformance } from "#durable/operation/conformance";
import type { Fleet } from "#domain/guest/fleet";
import { defineNicAdd } from "#domain/guest/nic-add";
import { defineNicRemove } from "#domain/guest/nic-remove";
import { guestTarget, listGuests } from "#domain/guest/record";
import { World, id } from "../guest/faked-guest.ts";

const guest = { guest: id };
const second = { network: "default", mac: "52:54:00:aa:00:01" };

/** A guest that runs with one card, or with a second that was plugged in. */
function onCards(
  name: string,
  input: object,
  make: (fleet: Fleet) => unknown,
  before: readonly string[],
  cards: readonly string[],
): void {
  operationConformance(name, async (store): Promise<OperationWorld> => {
    const world = await World.bridged(store);
    await world.furnish("running");
    if (before.length > 1) await world.plugCard(second);
    return {
      define: () => world.define(make as (fleet: Fleet) => AnyOperation),
      input: { ...guest, ...input },
      targets: [guestTarget(id)],
      observe: () => world.observe(),
      async assertDone() {
        await world.assertGuest("running");
        const [found] = await listGuests(world.store);
        const ids = found!.nics.map((nic) => nic.id);
        assert.deepEqual(ids, cards);
        const there = await world.cards();
        assert.deepEqual(
          there.cards.filter((device) => device.endsWith("-dev")),
          cards.map((card) => `${card}-dev`),
        );
        assert.deepEqual(there.taps, cards.map((card) => world.tapOf(card)).toSorted());
        assert.equal(there.known.length, cards.length);
        const { items } = await world.store.list("addresses/");
        assert.equal(items.length, cards.length);
      },
      dispose: () => world.dispose(),
    };
  });
}

if (inOwnNamespace) {
  const both = ["nic0", "nic1"];
  onCards("plugging a network card in", second, (fleet) => defineNicAdd({ fleet }), ["nic0"], both);
  onCards("taking a network card out", { nic: "nic1" }, (fleet) => defineNicRemove({ fleet }), both, [
    "nic0",
  ]);
} else test("network cards of a guest that runs", { skip: "needs root" });
