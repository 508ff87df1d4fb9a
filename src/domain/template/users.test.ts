import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GuestRecord } from "../guest/record.ts";
import type { Layer } from "../volume/layer.ts";
import { letGoOf, usersOf } from "./users.ts";

const layer = (id: string, below?: string): Layer => ({
  id,
  path: id,
  format: "qcow2",
  createdAt: "",
  ...(below === undefined ? {} : { below }),
});
const guest = (over: Partial<GuestRecord>): GuestRecord => ({ disks: [], ...over }) as unknown as GuestRecord;
const on = (...layers: string[]) => ({ disks: layers.map((id) => ({ layer: id })) as never });
const fork = { how: "fork", template: "t1" } as const;
const mapping = (template: string) => ({
  process: { pid: 1, startTime: "", accelerator: "tcg", ram: { kind: "template", template } } as const,
});

const starting = guest({ ...on("g1"), state: "creating", origin: fork });
const launched = guest({ ...on("g1"), state: "creating", origin: fork, ...mapping("t1") });
const running = guest({ ...on("g1"), state: "running", origin: fork, ...mapping("t1") });
const again = guest({ ...on("g1"), state: "running", origin: fork });
const stopped = guest({ ...on("g1"), state: "stopped", origin: fork });
const branch = guest({ ...on("b1"), state: "running", origin: { ...fork, how: "branch" }, ...mapping("o1") });
const booted = guest({ ...on("x"), state: "running", origin: { how: "boot" } });

const layers = [layer("t"), layer("g1", "t"), layer("b0", "g1"), layer("b1", "b0"), layer("x"), layer("u")];
const of = (...guests: GuestRecord[]) =>
  usersOf(
    [
      { id: "t1", layer: "t" },
      { id: "t2", layer: "u" },
    ],
    guests,
    layers,
  );

describe("who uses a template", () => {
  it("stands on its disk, through however many layers", () => {
    assert.equal(of(stopped, branch, booted).get("t1")!.guests, 2);
    assert.deepEqual(of(stopped, branch, booted).get("t2"), { guests: 0, mapped: 0, starting: 0 });
  });

  it("maps its RAM while it runs as it was forked, and not once it has started again", () => {
    assert.equal(of(running).get("t1")!.mapped, 1);
    assert.equal(of(again, stopped, branch).get("t1")!.mapped, 0);
    const moved = guest({ ...running, ...on("x") });
    assert.deepEqual(of(moved).get("t1"), { guests: 1, mapped: 1, starting: 0 });
  });

  it("counts from the moment that it is recorded, once", () => {
    assert.deepEqual(of(starting).get("t1"), { guests: 1, mapped: 1, starting: 1 });
    assert.deepEqual(of(launched).get("t1"), { guests: 1, mapped: 1, starting: 1 });
  });
});

describe("a guest lets go of its template", () => {
  it("when it is made, when it ends, and when it is removed", () => {
    assert.equal(letGoOf(launched, running), "t1");
    assert.equal(letGoOf(running, stopped), "t1");
    assert.equal(letGoOf(stopped, undefined), "t1");
    assert.equal(letGoOf(branch, undefined), "t1");
  });

  it("and by nothing else", () => {
    assert.equal(letGoOf(undefined, starting), undefined);
    assert.equal(letGoOf(starting, launched), undefined);
    assert.equal(letGoOf(running, guest({ ...running, state: "paused" })), undefined);
    assert.equal(letGoOf(stopped, again), undefined);
    assert.equal(letGoOf(booted, undefined), undefined);
  });
});
