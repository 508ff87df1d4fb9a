import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeGateway, header, refuse } from "../../test/fakes/fake-gateway.ts";
import { EtcdRefusal, EtcdSilence } from "./etcd-connection.ts";
import { EtcdEndpoints } from "./etcd-endpoints.ts";

let one: FakeGateway;
let other: FakeGateway;
let endpoints: EtcdEndpoints;
beforeEach(async () => {
  one = await FakeGateway.start({ "/x": () => ({ header: header(5), from: "one" }) });
  other = await FakeGateway.start({ "/x": () => ({ header: header(5), from: "other" }) });
  endpoints = new EtcdEndpoints({ endpoints: [one.endpoint, other.endpoint], lookEvery: 10 });
});
afterEach(async () => {
  endpoints.close();
  await one.stop();
  await other.stop();
});

const from = async () => ((await endpoints.call("/x", {}, 5000)) as { from: string }).from;

describe("several members that answer as one", () => {
  it("are asked in the order in which they are preferred", async () => {
    assert.deepEqual([await from(), await from()], ["one", "one"]);
    assert.deepEqual(other.asked, []);
  });

  it("stand in for one that fails, which is not asked again by a call until it is well", async () => {
    one.replyAlso({ "/x": refuse(14, "etcdserver: no leader") });
    assert.deepEqual([await from(), await from()], ["other", "other"]);
    assert.equal(one.asked.filter((path) => path === "/x").length, 1);
  });

  it("take one for well again that says it has a leader", async () => {
    one.replyAlso({ "/x": refuse(14, "etcdserver: no leader") });
    await from();
    const looked = new Promise<void>((resolve) =>
      one.replyAlso({
        "/x": () => ({ header: header(6), from: "one" }),
        "/v3/maintenance/status": (_, response) => {
          response.on("close", resolve);
          return { header: header(6), leader: "1" };
        },
      }),
    );
    await looked;
    while ((await from()) !== "one") continue;
  });

  it("do not repeat what each of them would refuse", async () => {
    one.replyAlso({ "/x": refuse(3, "etcdserver: request is too large") });
    await assert.rejects(from(), EtcdRefusal);
    assert.deepEqual(other.asked, []);
  });

  it("believe no member of another etcd", async () => {
    await from();
    one.replyAlso({ "/x": () => ({ header: header(900, "8"), from: "elsewhere" }) });
    assert.equal(await from(), "other");
    assert.equal(endpoints.cluster, "7");
  });

  it("end a stream at a member that is behind what was heard of others", async () => {
    one.replyAlso({
      "/watch": (_, response) => void response.write('{"result":{"created":true}}\n'),
      "/v3/maintenance/status": () => ({ header: header(4), leader: "1" }),
    });
    await from();
    const stream = endpoints.stream("/watch", {}, new AbortController().signal);
    await stream.next();
    await assert.rejects(stream.next(), EtcdSilence);
    assert.equal(await from(), "other");
  });

  it("go on with others when they are changed", async () => {
    await from();
    endpoints.change({ endpoints: [other.endpoint] });
    assert.equal(await from(), "other");
  });

  describe("of which none is part of a quorum", () => {
    const status = (leader: string) => () => ({ header: header(9), leader });
    beforeEach(() => {
      endpoints.close();
      const both = [one.endpoint, other.endpoint];
      endpoints = new EtcdEndpoints({ endpoints: both, lookEvery: 10, lostAfter: 100 });
      for (const member of [one, other])
        member.replyAlso({ "/x": () => undefined, "/v3/maintenance/status": status("0") });
    });

    const isOver = (error: unknown) => error instanceof EtcdSilence && /^no quorum/.test(error.message);

    it("refuse what is under way, and then whatever comes, without asking them", async () => {
      // One has to fail before they are looked at.
      one.replyAlso({ "/y": refuse(14, "etcdserver: no leader") });
      await endpoints.once("/y", {}).catch(() => undefined);
      await assert.rejects(from(), isOver);
      assert.ok(endpoints.isLost);
      const asked = () => [...one.asked, ...other.asked].filter((path) => path === "/x").length;
      const before = asked();
      await assert.rejects(from(), (error) => isOver(error) && !(error as EtcdSilence).sent);
      assert.equal(asked(), before);
    });

    it("are waited for through an election", async () => {
      one.replyAlso({ "/x": refuse(14, "etcdserver: no leader") });
      other.replyAlso({
        "/x": () => {
          for (const member of [one, other])
            member.replyAlso({
              "/x": () => ({ header: header(9), from: "elected" }),
              "/v3/maintenance/status": status("1"),
            });
          return undefined;
        },
      });
      const silent = endpoints.once("/x", {}, { patience: 20 }).catch(() => undefined);
      assert.equal(await from(), "elected");
      await silent;
      assert.ok(!endpoints.isLost);
    });

    it("answer again once one says that it has a leader", async () => {
      one.replyAlso({ "/x": refuse(14, "etcdserver: no leader") });
      other.replyAlso({ "/x": refuse(14, "etcdserver: no leader") });
      await assert.rejects(from(), isOver);
      one.replyAlso({
        "/x": () => ({ header: header(9), from: "one" }),
        "/v3/maintenance/status": status("1"),
      });
      while (endpoints.isLost) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(await from(), "one");
    });
  });
});
