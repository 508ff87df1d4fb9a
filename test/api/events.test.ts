/** Can a page live from events alone, over a WebSocket or as server-sent events? */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { hasCode } from "#contract/errors";
import type { FeedFrame, FeedKind } from "#contract/schema/feed";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { guestRecords } from "../fakes/guest-records.ts";

const guests = 300;

interface Guest {
  readonly description: string;
}

const statusOf = (operation: unknown) => (operation as { status?: string } | undefined)?.status;

describe("events", () => {
  let daemon: FakedDaemon;
  before(async () => {
    daemon = await FakedDaemon.start({ records: guestRecords(guests) });
  });
  after(() => daemon.close());

  /** Frames until one of them is what is waited for. */
  async function until(
    options: { kinds: readonly FeedKind[]; from?: string; guest?: string },
    wanted: (frame: FeedFrame) => boolean,
  ): Promise<FeedFrame[]> {
    const stop = new AbortController();
    const seen: FeedFrame[] = [];
    for await (const frame of daemon.client.follow({ ...options, signal: stop.signal })) {
      seen.push(frame);
      if (wanted(frame)) stop.abort();
    }
    return seen;
  }

  const describeGuest = (guest: string, description: string) =>
    daemon.client.call("guestUpdate", { params: { guest }, body: { description } });

  /** A stream of server-sent events, as a browser reads it. */
  async function sent(query: string, headers: Record<string, string> = {}) {
    const asked = request({
      socketPath: daemon.paths.socket,
      path: `/v1/events?${query}`,
      headers: { accept: "text/event-stream", ...headers },
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return { response, close: () => asked.destroy() };
  }

  async function readSent(response: IncomingMessage, ends: (text: string) => boolean): Promise<string> {
    let text = "";
    for await (const bytes of response.iterator({ destroyOnReturn: false })) {
      text += String(bytes);
      if (ends(text)) return text;
    }
    return text;
  }

  it("carry a guest's whole life, from the list's place on", async () => {
    const { client } = daemon;
    const { at } = await client.page("guestList", { query: { limit: 1 } });
    await daemon.image("tiny", "none");
    const made = await client.waitFor(
      await client.call("guestCreate", { body: { image: "tiny", name: "life", memory: 16_777_216 } }),
    );
    const removal = await client.call("guestDelete", { params: { guest: "life" }, query: { force: true } });
    await client.waitFor(removal);
    const { id } = (made.result as { guest: { id: string } }).guest;
    const past = await until(
      { kinds: ["event", "guest", "image", "operation"], from: at },
      // The last that is written of all this: the guest has gone when its removal has succeeded.
      (frame) => frame.type === "change" && frame.id === removal.id && statusOf(frame.object) === "succeeded",
    );
    assert.ok(past.some((frame) => frame.type === "change" && frame.op === "removed" && frame.id === id));
    assert.ok(past.some((frame) => frame.type === "change" && frame.kind === "image" && frame.object));
    assert.ok(past.some((frame) => frame.type === "event" && frame.event.guest === id));
    const operations = past.flatMap((frame) =>
      frame.type === "change" && frame.kind === "operation" && frame.object ? [frame.object] : [],
    ) as { kind: string; status: string }[];
    assert.deepEqual(operations.map(({ kind, status }) => `${kind} ${status}`).toSorted(), [
      "guest.create succeeded",
      "guest.remove succeeded",
      "image.import succeeded",
    ]);
  });

  it("sample what a running guest takes, while somebody asks", async () => {
    const { client } = daemon;
    const begun = await client.call("guestCreate", {
      body: { image: "tiny", name: "busy", memory: 16_777_216 },
    });
    await client.waitFor(begun);
    const { id } = await client.call("guestGet", { params: { guest: "busy" } });
    const frames = await until(
      { kinds: ["usage"], guest: "busy" },
      (frame) => frame.type === "usage" && frame.usage.guests.length > 0,
    );
    const last = frames.at(-1);
    assert.ok(last?.type === "usage");
    const [sample] = last.usage.guests;
    assert.equal(sample?.guest, id);
    assert.ok(sample.cpuSeconds > 0 && sample.memory > sample.memoryOwn && sample.memoryOwn > 0);
    assert.ok(sample.diskRead !== undefined && sample.diskRead > 0);
    assert.ok(last.usage.host.cpuSeconds > 0);
  });

  it("go on over the daemon's restart without a gap", async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const frame of daemon.client.follow({ kinds: ["guest"], signal: stop.signal })) {
        if (frame.type !== "change") continue;
        seen.push((frame.object as unknown as Guest).description);
        if (seen.at(-1) === "after") return;
      }
    })();
    // From now on means from when the stream is open, which nobody is told of here.
    while (!seen.includes("before")) await describeGuest("guest-00001", "before");
    await daemon.restart();
    await describeGuest("guest-00001", "after");
    await following;
    assert.equal(seen.at(-1), "after");
    stop.abort();
  });

  it("wait for a slow reader in one change for each guest, and end in the right picture", async () => {
    const socket = new WebSocket(`ws://lodge/v1/events?kinds=guest`, {
      createConnection: () => connect(daemon.paths.socket),
    } as ConstructorParameters<typeof WebSocket>[2]);
    const picture = new Map<string, string>();
    let frames = 0;
    const done = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as FeedFrame | { type: "started" };
      if (frame.type === "started") return started.resolve();
      if (frame.type !== "change") return done.reject(new TypeError(frame.type));
      frames++;
      const { name, description } = frame.object as unknown as { name: string; description: string };
      picture.set(name, description.slice(0, 2));
      if (description.startsWith("end")) done.resolve();
    });
    await started.promise;
    socket.pause();
    const rounds = 8;
    for (let round = 0; round < rounds; round++) {
      const text = `${round} ${"x".repeat(4000)}`;
      const names = Array.from({ length: guests }, (_, i) => `guest-${String(i).padStart(5, "0")}`);
      for (let at = 0; at < names.length; at += 20)
        await Promise.all(names.slice(at, at + 20).map((name) => describeGuest(name, text)));
    }
    await describeGuest("guest-00000", "end");
    socket.resume();
    await done.promise;
    socket.close();
    assert.ok(frames < guests * rounds, `${frames} frames`);
    assert.equal([...picture.values()].filter((text) => text === "7 ").length, guests - 1);
  });

  it("are served as server-sent events, and resumed by their id", async () => {
    const first = await sent("kinds=guest");
    assert.equal(first.response.headers["content-type"], "text/event-stream");
    await readSent(first.response, (text) => text.includes('"started"'));
    await describeGuest("guest-00002", "one");
    const told = await readSent(first.response, (text) => text.includes('"one"'));
    const id = /^id: (.*)$/m.exec(told)?.[1] ?? "";
    first.close();
    await describeGuest("guest-00003", "two");
    const second = await sent("kinds=guest", { "last-event-id": id });
    const missed = await readSent(second.response, (text) => text.includes('"two"'));
    assert.ok(!missed.includes('"one"'));
    second.close();
  });

  it("refuse what they cannot tell of, before and after the connection is a stream", async () => {
    const { response, close } = await sent("kinds=weather");
    assert.equal(response.statusCode, 400);
    close();
    const late = await sent("kinds=guest&from=nowhere");
    assert.equal(late.response.statusCode, 200);
    const text = await readSent(late.response, () => false);
    assert.match(text, /^event: problem\ndata: \{"code":"api.invalid"/);
    await assert.rejects(
      until({ kinds: ["guest"], guest: "nobody" }, () => true),
      (error) => hasCode(error, "guest.not_found"),
    );
  });
});
