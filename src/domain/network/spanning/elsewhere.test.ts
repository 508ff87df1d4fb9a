import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StoreEvent } from "#durable/store/store";
import type { Member } from "../member.ts";
import { Elsewhere } from "./elsewhere.ts";

const guest = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  name: id,
  project: "default",
  nics: [],
  publish: [],
  ...more,
});
const put = (key: string, value: Member) =>
  ({ type: "put", key, value, revision: "1" }) as never as StoreEvent;
const gone = (key: string) => ({ type: "delete", key, revision: "1" }) as never as StoreEvent;
const change = (...events: StoreEvent[]) => ({ type: "change", events, revision: "1" }) as never;

describe("guests of other hosts", () => {
  it("are all but this host's own", async () => {
    const elsewhere = new Elsewhere("h1", async () => true);
    await elsewhere.take(change(put("guests/@h1/a", guest("a")), put("guests/@h2/b", guest("b"))));
    assert.deepEqual(
      elsewhere.all().map(({ id, host }) => [id, host]),
      [["b", "h2"]],
    );
  });

  it("are on one host after a move, whichever half of it is told first", async () => {
    const halves = [put("guests/@h3/b", guest("b")), gone("guests/@h2/b")];
    for (const events of [halves, halves.toReversed()]) {
      const elsewhere = new Elsewhere("h1", async () => true);
      await elsewhere.take(change(put("guests/@h2/b", guest("b"))));
      await elsewhere.take(change(...events));
      assert.deepEqual(
        elsewhere.all().map(({ host }) => host),
        ["h3"],
      );
    }
  });

  it("are not elsewhere any more once they are here", async () => {
    const elsewhere = new Elsewhere("h1", async () => true);
    await elsewhere.take(change(put("guests/@h2/b", guest("b"))));
    const touched = await elsewhere.take(change(gone("guests/@h2/b"), put("guests/@h1/b", guest("b"))));
    assert.deepEqual(touched, ["b"]);
    assert.ok(!elsewhere.has("b"));
  });

  it("have those of their ports answered here that nothing else here has", async () => {
    const port = (hostPort: number) => ({ protocol: "tcp", hostPort, guestPort: 80 }) as const;
    const elsewhere = new Elsewhere("h1", async ({ hostPort }) => hostPort !== 22);
    await elsewhere.take(change(put("guests/@h2/b", guest("b", { publish: [port(22), port(8080)] }))));
    const [found] = elsewhere.all();
    assert.equal(found?.publish.length, 2);
    assert.deepEqual(found?.answered, [port(8080)]);
  });
});
