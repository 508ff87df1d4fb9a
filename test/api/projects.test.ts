/** Is what belongs to another project not there, whatever is asked for it? Every route of the contract is tried. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import type { Problem } from "#contract/errors";
import { ownedNounOf, ownedNouns, type OwnedNoun, type Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { schemas } from "#contract/schemas";
import { exampleOf } from "#server/example";
import { foreign, own, TwoProjects, type Person, type Things } from "../fakes/two-projects.ts";

const all = Object.entries(routes) as [RouteName, Route][];

/** Ids that nothing has, of the form that each noun's have. */
const nothing: Things = {
  guest: "g0000000000",
  image: "i0000000000",
  template: "t0000000000",
  operation: "o0000000000",
  upload: "u0000000000",
  recording: "r0000000000",
  firewall: "f0000000000",
  network: "nowhere",
  volume: "v0000000000",
  desktopPool: "dp0000000000",
  desktop: "dt0000000000",
  project: "nowhere",
};

/** What says that something is not there, where it is not called by the noun alone. */
const missing: Partial<Record<OwnedNoun, string>> = { desktopPool: "desktop_pool.not_found" };

const nounOf = (route: Route): OwnedNoun | undefined => ownedNounOf(route) ?? route.subject?.noun;

/** What a file comes with. */
const headersOf = ({ bytes }: Route): Record<string, string> =>
  bytes ? { "content-type": "application/offset+octet-stream", "upload-offset": "0" } : {};

/** What its query has to have. */
function requiredOf({ query }: Route): Record<string, string> {
  const { required = [], ...schema } = (query ? schemas[query] : {}) as { required?: string[] };
  const example = exampleOf({ type: "object", required, ...schema }) as Record<string, unknown>;
  return Object.fromEntries(required.map((name) => [name, String(example[name])]));
}

/** A request of this route about such a thing, whole in all else. */
function request(route: Route, ids: Things): { path: string; body: object | undefined } {
  const others: Record<string, string> = { disk: "disk0", nic: "nic0", device: "usb:1-1", user: "nobody" };
  const filled = route.path.replace(/:(\w+)/g, (_, name: string) => {
    return ids[name as OwnedNoun] ?? others[name] ?? "nothing";
  });
  const example = route.body
    ? (exampleOf(schemas[route.body] as unknown as Record<string, unknown>) as Record<string, unknown>)
    : {};
  const { subject } = route;
  const given = subject ? { [subject.field]: ids[subject.noun] } : {};
  const asked = new URLSearchParams({ ...requiredOf(route), ...(subject?.part === "query" ? given : {}) });
  const query = asked.size === 0 ? "" : `?${asked.toString()}`;
  if (route.method === "GET") return { path: filled + query, body: undefined };
  return { path: filled + query, body: { ...example, ...(subject?.part === "body" ? given : {}) } };
}

describe("of two projects", () => {
  let scene: TwoProjects;
  const people: Record<string, Person> = {};
  before(async () => {
    scene = await TwoProjects.start();
    for (const role of ["viewer", "operator", "admin"] as const) people[role] = await scene.person(own, role);
  });
  after(() => scene.close());

  // What hosts ask each other is refused to everybody at these doors: test/security/cluster.
  const about = all.filter(([, route]) => nounOf(route) !== undefined && route.permission !== "peer");

  it("something is asked for by most routes", () => {
    assert.ok(about.length > 30);
    for (const noun of ownedNouns)
      assert.ok(
        about.some(([, route]) => nounOf(route) === noun),
        noun,
      );
  });

  const takesTicket = (route: Route) => route.ticket === true && "ticket" in requiredOf(route);

  for (const [name, route] of about) {
    it(`${name} finds nothing of the other, and says of it what it says of nothing`, async () => {
      const noun = nounOf(route)!;
      for (const person of Object.values(people)) {
        const answers = [];
        for (const ids of [scene.foreign, nothing]) {
          const { path, body } = request(route, ids);
          const { status, text } = await scene.ask(person, route.method, path, body, headersOf(route));
          const problem = JSON.parse(text) as Problem;
          // What a ticket opens says nothing at all before that has been looked at.
          const expected = takesTicket(route)
            ? [426, "api.upgrade_required"]
            : [404, missing[noun] ?? `${noun}.not_found`];
          assert.deepEqual([status, problem.code], expected, text);
          answers.push(text.replaceAll(ids[noun], "…"));
        }
        assert.equal(answers[0], answers[1]);
      }
    });
  }

  it("the other's things are not found by their names either, or by the project's", async () => {
    const viewer = people["viewer"]!;
    for (const path of [
      "/v1/guests/granite",
      "/v1/guests/granite?project=quarry",
      "/v1/images/granite-image?project=quarry",
      "/v1/guests?project=quarry",
      "/v1/events/history?project=quarry",
      "/v1/operations?project=nowhere",
    ])
      assert.equal((await scene.ask(viewer, "GET", path)).status, 404, path);
  });

  describe("a stream of a guest", () => {
    const streams = about.filter(([, { stream, subject }]) => stream && !subject);
    const opened = (route: Route, besides: Record<string, string>) => {
      const query = new URLSearchParams({ ...requiredOf(route), ...besides });
      const path = `${request(route, scene.foreign).path.split("?")[0]}?${query.toString()}`;
      const headers = { authorization: `Bearer ${people["admin"]!.token}` };
      const socket = new WebSocket(`${scene.url.replace("http", "ws")}${path}`, { headers });
      socket.on("error", () => undefined);
      return socket;
    };

    it("does not open into the other", async () => {
      assert.ok(streams.length >= 4);
      for (const [name, route] of streams) {
        if (takesTicket(route)) continue;
        const socket = opened(route, {});
        const status = await new Promise((resolve) => {
          socket.on("open", () => resolve(101));
          socket.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode));
        });
        assert.equal(status, 404, name);
        socket.terminate();
      }
    });

    it("does not open by a ticket that is none, and says nothing of what there is", async () => {
      const ticketed = streams.filter(([, { ticket }]) => ticket);
      assert.ok(ticketed.length >= 3);
      for (const [name, route] of ticketed) {
        const socket = opened(route, { ticket: "x".repeat(43) });
        const said: string[] = [];
        socket.on("message", (data: Buffer) => said.push(data.toString()));
        const reason = await new Promise<string>((resolve) =>
          socket.on("close", (_code, text) => resolve(text.toString())),
        );
        assert.match([...said, reason].join(), /^[^]*console\.ticket_refused[^]*$/, name);
      }
    });
  });

  it("a role counts in its own project, and is too small there as it is everywhere", async () => {
    const guest = `/v1/guests/${scene.own.guest}`;
    assert.equal((await scene.ask(people["viewer"]!, "GET", guest)).status, 200);
    assert.equal((await scene.ask(people["viewer"]!, "GET", "/v1/guests/web")).status, 200);
    const update = { description: "mine" };
    assert.equal((await scene.ask(people["viewer"]!, "PATCH", guest, update)).status, 403);
    assert.equal((await scene.ask(people["operator"]!, "PATCH", guest, update)).status, 200);
    const grant = { user: "nobody", role: "viewer" };
    const members = `/v1/projects/${own}/members`;
    assert.equal((await scene.ask(people["operator"]!, "POST", members, grant)).status, 403);
    assert.equal((await scene.ask(people["admin"]!, "POST", members, grant)).status, 404);
  });

  it("what is the host's stays with roles that count everywhere", async () => {
    const admin = people["admin"]!;
    const hosts = all.filter(
      ([, route]) =>
        !["self", "anyone"].includes(route.permission) &&
        nounOf(route) === undefined &&
        route.scope === undefined,
    );
    assert.ok(hosts.length > 10);
    for (const [name, route] of hosts) {
      const { path, body } = request(route, nothing);
      const { status, text } = await scene.ask(admin, route.method, path, body);
      assert.equal(status, 403, `${name}: ${text}`);
    }
    const asked: readonly (readonly [string, string, object])[] = [
      ["DELETE", `/v1/projects/${own}`, {}],
      ["PATCH", `/v1/images/${scene.own.image}`, { shared: true }],
      ["POST", "/v1/images/import", { path: "/etc/hostname" }],
      ["POST", "/v1/images/build", { recipe: "debian-13", shared: true }],
      ["POST", "/v1/guests", { iso: "/etc/hostname" }],
      ["POST", `/v1/guests/${scene.own.guest}/drive`, { image: "/etc/hostname" }],
    ];
    for (const [method, path, body] of asked)
      assert.equal((await scene.ask(admin, method, path, body)).status, 403, `${method} ${path}`);
    const host = JSON.parse((await scene.ask(admin, "GET", "/v1/host")).text) as Record<string, unknown>;
    assert.deepEqual([host["guests"], host["home"], host["pid"]], [2, undefined, undefined]);
  });

  it("an image is used in its own, and in both once it is shared", async () => {
    const { client } = people["operator"]!;
    const make = (image: string, name: string) =>
      client.call("guestCreate", { body: { image, name, start: false, memory: 16_777_216 } });
    for (const image of ["granite-image", scene.foreign.image])
      await assert.rejects(make(image, "stolen"), { code: "image.not_found" });
    await client.waitFor(await make("tiny", "of-a-shared-one"));
    const { client: host } = scene.daemon;
    const params = { image: scene.foreign.image };
    await host.call("imageUpdate", { params, body: { shared: true } });
    const created = await client.waitFor(await make("granite-image", "lent"));
    assert.equal(created.status, "succeeded");
    await host.call("imageUpdate", { params, body: { shared: false } });
    await assert.rejects(make("granite-image", "too-late"), { code: "image.not_found" });
    for (const guest of ["of-a-shared-one", "lent"])
      await client.waitFor(await client.call("guestDelete", { params: { guest }, query: { force: true } }));
  });

  it("each has its own names, templates and network", async () => {
    const { client } = scene.daemon;
    const body = { image: "tiny", name: "web", start: false, memory: 16_777_216 };
    await client.waitFor(await client.call("guestCreate", { query: { project: foreign }, body }));
    await assert.rejects(client.call("guestCreate", { query: { project: own }, body }), {
      code: "guest.name_taken",
    });
    const byName = await client.call("guestGet", { params: { guest: "web" }, query: { project: foreign } });
    assert.notEqual(byName.id, scene.own.guest);
    const templates = await client.call("templateList");
    for (const project of [own, foreign])
      assert.ok(templates.some((template) => template.project === project && template.guests === 0));
    const networks = await client.call("networkList");
    assert.deepEqual(
      networks.map(({ id, project }) => [id, project]).toSorted(),
      [
        ["default", "default"],
        [`${foreign}.default`, foreign],
        [`${own}.default`, own],
        [`${foreign}.granite-net`, foreign],
        [`${own}.web-net`, own],
        ["user", undefined],
      ].toSorted(),
    );
    const options = { params: { guest: byName.id }, query: { force: true } };
    await client.waitFor(await client.call("guestDelete", options));
  });

  it("its operators make networks, but take neither subnets nor cards of the host's", async () => {
    const make = async (role: string, body: object) =>
      (await scene.ask(people[role]!, "POST", `/v1/networks?project=${own}`, body)).status;
    const name = "theirs";
    assert.equal(await make("viewer", { name, kind: "user" }), 403);
    for (const role of ["operator", "admin"]) {
      assert.equal(await make(role, { name, subnet: "10.9.8.0/24" }), 403);
      assert.equal(await make(role, { name, kind: "routed" }), 403);
      assert.equal(await make(role, { name, kind: "bridge", uplink: "eth9" }), 403);
    }
    assert.equal(await make("operator", { name, kind: "user" }), 200);
    assert.equal(await make("operator", { name, kind: "user" }), 409);
    const path = `/v1/networks/${own}.${name}`;
    assert.equal((await scene.ask(people["viewer"]!, "DELETE", path)).status, 403);
    assert.equal((await scene.ask(people["operator"]!, "DELETE", path)).status, 200);
  });

  it("one that holds something stays, and leaves nothing to a later one of its name", async () => {
    const { client } = scene.daemon;
    await assert.rejects(client.call("projectDelete", { params: { project: foreign } }), {
      code: "project.in_use",
      message: /guest granite.*, image granite-image, template t/,
    });
    await client.call("projectCreate", { body: { name: "brief" } });
    const person = await scene.person("brief", "admin");
    assert.equal((await scene.ask(person, "GET", "/v1/projects/brief")).status, 200);
    await client.call("userCreate", { body: { name: "carla", role: "none" } });
    const member = { user: "carla", role: "admin" } as const;
    await client.call("memberGrant", { params: { project: "brief" }, body: member });
    await client.call("projectDelete", { params: { project: "brief" } });
    await client.call("projectCreate", { body: { name: "brief" } });
    assert.deepEqual(await client.call("memberList", { params: { project: "brief" } }), []);
    assert.equal((await scene.ask(person, "GET", "/v1/projects/brief")).status, 401);
    await client.call("projectDelete", { params: { project: "brief" } });
  });
});
