/** Does nobody hear of another project: in lists, counts, events, figures, or of what was done? And does a role count at once? */
import assert from "node:assert/strict";
import { on, once } from "node:events";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { feedKinds } from "#contract/schema/feed";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { foreign, own, TwoProjects, type Person } from "../fakes/two-projects.ts";

const password = "correct horse battery";

describe("what is told of two projects", () => {
  let scene: TwoProjects;
  let admin: Person;
  let viewer: Person;
  before(async () => {
    scene = await TwoProjects.start();
    admin = await scene.person(own, "admin");
    viewer = await scene.person(own, "viewer");
  });
  after(() => scene.close());

  function assertSilent(text: string, what: string): void {
    for (const word of scene.traces) assert.ok(!text.includes(word), `${what} tells of ${word}: ${text}`);
  }

  const lists = (Object.entries(routes) as [RouteName, Route][]).filter(
    ([, route]) => route.scope === "list" && !route.stream,
  );

  for (const [name, route] of lists) {
    it(`${name} has nothing of the other`, async () => {
      const path = route.path.replace(":pool", "default");
      const { status, text } = await scene.ask(admin, route.method, path);
      assert.equal(status, 200, text);
      assertSilent(text, name);
    });
  }

  it("the lists have what is its own, and what is everybody's", async () => {
    const { client } = viewer;
    const names = async (list: "imageList" | "projectList" | "networkList") =>
      (await client.call(list)).map(({ name }) => name).toSorted();
    const guests = await client.call("guestList");
    assert.deepEqual(
      guests.filter(({ desktop }) => !desktop).map(({ name }) => name),
      ["web"],
    );
    assert.ok(guests.every(({ project }) => project === own));
    assert.deepEqual(await names("imageList"), ["desk", "tiny", "web-image"]);
    assert.deepEqual(await names("projectList"), [own]);
    assert.deepEqual(await names("networkList"), ["default", "user", "web-net"]);
    assert.equal((await client.call("templateList")).length > 0, true);
    const [mine, all] = await Promise.all([
      client.call("operationList"),
      scene.daemon.client.call("operationList"),
    ]);
    assert.ok(mine.length >= 3 && mine.length < all.length);
    assert.ok(mine.every(({ project }) => project === own));
    const events = await client.call("eventList");
    assert.ok(events.some(({ guestName }) => guestName === "web"));
  });

  it("an admin of all sees all, or one project where it is named", async () => {
    const { client } = scene.daemon;
    const projects = async (query: object) =>
      new Set((await client.call("guestList", { query })).map(({ project }) => project));
    assert.deepEqual(await projects({}), new Set([own, foreign]));
    assert.deepEqual(await projects({ project: foreign }), new Set([foreign]));
    const entries = await client.call("auditList", { query: { project: foreign } });
    assert.ok(entries.length > 0 && entries.every(({ project }) => project === foreign));
  });

  it("the audit log is for admins, each of what is his", async () => {
    assert.equal((await scene.ask(viewer, "GET", "/v1/audit")).status, 403);
    const entries = await admin.client.call("auditList");
    assert.ok(entries.some(({ action, target }) => action === "guestCreate" && target === "web"));
    assert.ok(entries.every(({ project }) => project === own));
  });

  it("figures are of its own guests, and the host's for those who may see the host", async () => {
    const { status, text } = await scene.ask(viewer, "GET", "/metrics");
    assert.equal(status, 200);
    assertSilent(text, "/metrics");
    assert.match(text, /lodge_guest_state\{.*project="shop"/);
    assert.doesNotMatch(text, /lodge_host_|process_/);
  });

  /** Another project changes in every way, then one's own: what a stream tells up to then. */
  async function change(): Promise<void> {
    const { client } = scene.daemon;
    const query = { project: foreign };
    const describeGuest = (guest: string, description: string) =>
      client.call("guestUpdate", { params: { guest }, body: { description } });
    await describeGuest(scene.foreign.guest, "changed");
    const body = { image: "tiny", name: "granite-2", start: false, memory: 16_777_216 };
    await client.waitFor(await client.call("guestCreate", { query, body }));
    const gone = { params: { guest: "granite-2" }, query: { ...query, force: true } };
    await client.waitFor(await client.call("guestDelete", gone));
    await client.call("projectUpdate", { params: { project: foreign }, body: { description: "stone" } });
    await describeGuest(scene.own.guest, `mark ${Math.random()}`);
  }

  const kinds = feedKinds.join(",");

  async function sent(path: string, ends: RegExp): Promise<string> {
    const response = await fetch(scene.url + path, {
      headers: { authorization: `Bearer ${viewer.token}`, accept: "text/event-stream" },
    });
    assert.equal(response.status, 200);
    const changed = change();
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of response.body!) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      if (ends.test(text)) break;
    }
    await changed;
    return text;
  }

  it("a stream of events tells of its own alone, from now on and from then on", async () => {
    const { at } = await viewer.client.page("guestList");
    await change();
    for (const from of ["", `&from=${encodeURIComponent(at)}`]) {
      const text = await sent(`/v1/events?kinds=${kinds}${from}`, /"mark [\s\S]*"type":"usage"/);
      assertSilent(text, "the stream");
      assert.ok(text.includes(scene.own.guest));
    }
  });

  it("a resumed stream tells nothing of what is gone from the other", async () => {
    const { at } = await viewer.client.page("guestList");
    await change();
    const text = await sent(`/v1/events?kinds=guest,operation&from=${encodeURIComponent(at)}`, /"mark /);
    assert.doesNotMatch(text, /"op":"removed"/);
    assertSilent(text, "the stream");
  });

  describe("a person's role", () => {
    let cookie = "";
    const headers = () => ({ cookie, origin: scene.url });

    before(async () => {
      const { client } = scene.daemon;
      const body = { name: "ann", role: "none", password } as const;
      await client.call("userCreate", { body });
      await client.call("memberGrant", { params: { project: own }, body: { user: "ann", role: "operator" } });
      const response = await fetch(`${scene.url}/v1/session`, {
        method: "POST",
        body: JSON.stringify({ name: "ann", password }),
        headers: { "content-type": "application/json", origin: scene.url },
      });
      assert.equal(response.status, 200);
      assert.deepEqual(((await response.json()) as { projects: object }).projects, { [own]: "operator" });
      cookie = (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
    });

    const status = async (path: string) => (await fetch(scene.url + path, { headers: headers() })).status;
    const open = (path: string) =>
      new WebSocket(scene.url.replace("http", "ws") + path, { headers: headers() });

    it("counts there, and nowhere else", async () => {
      assert.equal(await status("/v1/guests/web"), 200);
      assert.equal(await status(`/v1/guests/${scene.foreign.guest}`), 404);
      assert.equal(await status("/v1/host/doctor"), 403);
    });

    it("ends what it let one do as soon as it is taken, and starts feeds over", async () => {
      const { client } = scene.daemon;
      const console = open(`/v1/guests/${scene.own.guest}/console`);
      const ended = once(console, "close");
      await once(console, "open");
      console.send(JSON.stringify({ type: "console" }));
      await once(console, "message");
      const feed = open(`/v1/events?kinds=guest`);
      const frames = on(feed, "message", { close: ["close"] });
      const next = async (): Promise<string> => {
        const { value } = (await frames.next()) as { value: [Buffer] };
        return String(value[0]);
      };
      assert.match(await next(), /"type":"started"/);
      const params = { project: own };
      await client.call("memberRevoke", { params: { ...params, user: "ann" } });
      await ended;
      assert.match(await next(), /"type":"reset"/);
      assert.equal(await status("/v1/guests/web"), 404);
      // Given again, it counts again, in the stream that is still open.
      await client.call("memberGrant", { params, body: { user: "ann", role: "viewer" } });
      assert.match(await next(), /"type":"reset"/);
      await client.call("guestUpdate", { params: { guest: scene.own.guest }, body: { description: "seen" } });
      assert.match(await next(), /"description":"seen"/);
      feed.terminate();
    });

    it("bounds the tokens that one makes, whatever they were made for", async () => {
      const make = (body: object) =>
        fetch(`${scene.url}/v1/tokens`, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { ...headers(), "content-type": "application/json" },
        });
      assert.equal((await make({ name: "too-much", role: "operator" })).status, 403);
      assert.equal((await make({ name: "elsewhere", role: "viewer", project: foreign })).status, 403);
      const made = (await (await make({ name: "mine" })).json()) as { secret: string; role: string };
      assert.equal(made.role, "viewer");
      const token = { token: made.secret };
      assert.equal((await scene.ask(token, "GET", "/v1/guests/web")).status, 200);
      assert.equal((await scene.ask(token, "GET", `/v1/guests/${scene.foreign.guest}`)).status, 404);
      await scene.daemon.client.call("memberRevoke", { params: { project: own, user: "ann" } });
      assert.equal((await scene.ask(token, "GET", "/v1/guests/web")).status, 404);
    });

    it("may be none at all, and then one's tokens reach what is one's own", async () => {
      const answer = await fetch(`${scene.url}/v1/tokens`, {
        method: "POST",
        body: JSON.stringify({ name: "desktops" }),
        headers: { ...headers(), "content-type": "application/json" },
      });
      const made = (await answer.json()) as { secret: string; role: string };
      assert.equal(made.role, "none");
      const token = { token: made.secret };
      assert.equal((await scene.ask(token, "GET", "/v1/my-desktops")).status, 200);
      assert.equal((await scene.ask(token, "GET", "/v1/audit")).status, 403);
    });
  });
});
