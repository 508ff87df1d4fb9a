import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { restGroups } from "./rest-plan.ts";

const GiB = 1024 ** 3;
type Guest = Parameters<typeof restGroups>[0][number];
const guest = (name: string, more: Partial<Guest> = {}): Guest => ({
  id: `g-${name}`,
  name,
  memory: GiB,
  removeWhenStopped: false,
  ...more,
});
const plan = (guests: readonly Guest[], room = 100 * GiB) =>
  restGroups(guests, room).map((group) => group.map(({ name, how }) => `${how} ${name}`));

describe("the host's shutdown", () => {
  it("goes the order of the start backwards", () => {
    const guests = [
      guest("db", { startOrder: 10 }),
      guest("web"),
      guest("app"),
      guest("last", { startOrder: 900 }),
    ];
    assert.deepEqual(plan(guests), [["suspend last"], ["suspend web", "suspend app"], ["suspend db"]]);
  });

  it("does with each what it asks for", () => {
    assert.deepEqual(
      plan([guest("a", { onHostShutdown: "stop" }), guest("b", { onHostShutdown: "suspend" })]),
      [["stop a", "suspend b"]],
    );
  });

  it("stops what is removed by that, rather than keep it", () => {
    assert.deepEqual(plan([guest("brief", { removeWhenStopped: true })]), [["stop brief"]]);
  });

  it("stops what sees a folder of the host, since its state cannot be saved", () => {
    const shares = [{ name: "code", path: "/srv/code", at: "/mnt/code", readOnly: false }];
    assert.deepEqual(plan([guest("shares", { shares })]), [["stop shares"]]);
  });

  it("suspends as many as the disk has room for, a quarter of a GiB left over, and stops the others", () => {
    const guests = [guest("a"), guest("large", { memory: 8 * GiB }), guest("b"), guest("c")];
    const stop = ["suspend a", "stop large", "suspend b", "stop c"];
    assert.deepEqual(plan(guests, 2.25 * GiB), [stop]);
    assert.deepEqual(plan([guest("a")], 1.25 * GiB - 1), [["stop a"]]);
  });

  it("has nothing to do where nothing runs", () => assert.deepEqual(plan([]), []));
});
