/** What somebody's desktop tells his page, and what whoever helps him may. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes } from "#contract/routes";
import type { Entitled } from "#contract/schema/desktop-pool";
import { DesktopWorld, password, type Page, type Peer } from "../fakes/desktop-world.ts";
import { until } from "../fakes/fake-daemon.ts";

const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

describe("somebody's desktop", () => {
  let world: DesktopWorld;
  let anna: Page;
  let bert: Page;
  before(async () => {
    world = await DesktopWorld.start();
    [anna, bert] = [await world.person("anna", "none"), await world.person("bert", "none")];
  });
  after(() => world.close());

  const lineOf = async ({ id }: { readonly id: string }, page = anna) => {
    const peer = world.open(`/v1/desktops/${id}/line`, page);
    assert.equal(await peer.status, 101);
    await until(() => peer.frames.some(({ type }) => type === "recording"));
    return peer;
  };
  const said = <T extends Peer["frames"][number]["type"]>(peer: Peer, type: T) =>
    peer.frames.findLast((frame) => frame.type === type) as Extract<
      Peer["frames"][number],
      { readonly type: T }
    >;
  const say = ({ socket }: Peer, frame: object) => socket.send(JSON.stringify(frame));

  it("opens by one ticket, each thing once, for somebody who has no role at all", async () => {
    const teller = world.open(
      "/v1/events?kinds=desktop,desktop-pool",
      await world.person("tess", "operator"),
    );
    assert.equal(await teller.status, 101);
    const { desktop, ticket } = await world.connect(anna);
    const display = await world.display({ desktop, ticket });
    assert.match(display.bytes[0]!.toString("latin1"), /^RFB 003\.008\n/);
    const sound = world.open(`/v1/guests/${desktop.guest}/sound?ticket=${ticket}`, anna);
    assert.equal(await sound.closed, "1008 console.no_sound");
    const again = world.open(`/v1/guests/${desktop.guest}/display?ticket=${ticket}`);
    assert.equal(await again.closed, "1008 console.ticket_refused");
    const other = await world.ask(anna, "POST", `/v1/desktops/${desktop.id}/ticket`);
    const { ticket: later } = JSON.parse(other.text) as { ticket: string };
    const serial = world.open(`/v1/guests/${desktop.guest}/console?ticket=${later}`, anna);
    await serial.status;
    serial.socket.send('{"type":"console"}');
    assert.equal(await serial.closed, "1000 ");
    assert.match(JSON.stringify(serial.frames), /console\.ticket_refused/);
    const [shown] = await world.client.call("desktopList");
    assert.deepEqual(
      shown!.viewers.map(({ user, shadow, control, address }) => [user, shadow, control, address]),
      [["anna", false, true, "127.0.0.1"]],
    );
    const told = (kind: string, what: RegExp) =>
      teller.frames
        .map((frame) => JSON.stringify(frame))
        .some((frame) => frame.includes(`"kind":"${kind}"`) && what.test(frame));
    await until(
      () => told("desktop", /"viewers":\[\{[^\]]*"user":"anna"/) && told("desktop-pool", /"connected":1/),
    );
    teller.socket.close();
    display.socket.close();
  });

  it("is nobody else's: not its line, its tickets or its files", async () => {
    const { desktop } = await world.connect(anna);
    assert.equal(await world.open(`/v1/desktops/${desktop.id}/line`, bert).status, 404);
    assert.equal(await world.open(`/v1/desktops/${desktop.id}/line`).status, 401);
    for (const [method, path] of [
      ["POST", "ticket"],
      ["GET", "files"],
      ["GET", "file?name=a"],
    ] as const) {
      const answer = await world.ask(bert, method, `/v1/desktops/${desktop.id}/${path}`);
      assert.equal(answer.status, 404, path);
      assert.match(answer.text, /desktop\.not_found/);
    }
    const operator = await world.operator();
    const params = { guest: desktop.guest! };
    await assert.rejects(operator.call("guestDisplayTicket", { params, body: {} }), is("desktop.somebodys"));
    await assert.rejects(operator.call("guestScreenshot", { params }), is("desktop.somebodys"));
    await assert.rejects(operator.call("thumbnailGet", { params }), is("desktop.somebodys"));
  });

  it("is reached into and copied by an admin alone, who says why, of which its user is told", async () => {
    const { desktop } = await world.connect(anna);
    const line = await lineOf(desktop);
    const [otto, ada] = [await world.person("otto", "operator"), await world.person("ada", "admin")];
    const { guest = "" } = desktop;
    const { disks } = await world.client.call("guestGet", { params: { guest } });
    const of = `/v1/guests/${guest}`;
    const inside = ["exec", "console", "file", "port?port=22"].map(
      (what) => ["GET", `${of}/${what}`] as const,
    );
    const copies = [
      ["POST", `${of}/fork`, {}],
      ["POST", `${of}/snapshots`, {}],
      ["POST", `${of}/snapshots/first/fork`, {}],
      ["POST", "/v1/images", { guest, name: "copied" }],
      ["POST", `/v1/volumes/${guest}:${disks[0]!.id}/clone`, { name: "copied" }],
    ] as const;
    const never = [
      ["GET", `${of}/drop`],
      ["POST", `${of}/recordings`, {}],
    ] as const;
    const known = Object.values<Route>(routes).filter(({ intrudes, intrudesBy }) => intrudes && !intrudesBy);
    assert.equal(inside.length + copies.length + never.length, known.length, "all are in this test");
    const why = (path: string) => `${path}${path.includes("?") ? "&" : "?"}reason=it%20hangs`;
    for (const [method, path, body] of [...inside, ...copies]) {
      for (const [who, at] of [
        [otto, path],
        [otto, why(path)],
        [ada, path],
      ] as const)
        assert.match(
          (await world.ask(who, method, at, body)).text,
          /"desktop\.private"/,
          `${who.name} ${at}`,
        );
    }
    for (const [method, path, body] of never)
      assert.match((await world.ask(ada, method, path, body)).text, /"desktop\.somebodys"/, path);
    const moved = await world.ask(ada, "POST", `${of}/move`, { token: "t".repeat(64) });
    assert.match(moved.text, /"desktop\.private"/);
    const body = { name: "copied", guest };
    await assert.rejects(world.client.call("desktopPoolCreate", { body }), is("desktop_pool.of_a_desktop"));
    assert.equal(said(line, "message"), undefined);
    const shell = world.open(why(`${of}/exec`), ada);
    assert.equal(await shell.status, 101);
    await until(() => said(line, "message") !== undefined);
    const { from, text } = said(line, "message");
    assert.deepEqual([from, text], ["ada", "An administrator reached into this desktop: it hangs"]);
    shell.socket.terminate();
    const [entry] = await world.client.call("auditList", { query: { action: "guestExec", result: "done" } });
    assert.deepEqual([entry!.user, entry!.target, entry!.detail], ["ada", guest, "it hangs"]);
    line.socket.close();
  });

  it("has all that is open of it end, and tickets void, with what let its user in", async () => {
    const { client } = world;
    const entitled = (to: Entitled) =>
      client.call("desktopPoolUpdate", { params: { desktopPool: world.pool }, body: { entitled: to } });
    const params = { user: "dora" };
    let dora = await world.person("dora", "none");
    const losses: [why: string, lose: () => Promise<unknown>, again: () => Promise<unknown>][] = [
      ["signed out", () => world.ask(dora, "DELETE", "/v1/session"), async () => undefined],
      [
        "entitled no more",
        () => entitled({ users: ["anna"] }),
        () =>
          entitled({ groups: ["staff"] }).then(() =>
            client.call("userUpdate", { params, body: { groups: ["staff"] } }),
          ),
      ],
      [
        "of that group no more",
        () => client.call("userUpdate", { params, body: { groups: [] } }),
        () => entitled({ everyone: true }),
      ],
      [
        "a password chosen anew",
        async () => {
          const { code } = await client.call("userReset", { params, body: {} });
          const stranger = { name: "", headers: { origin: anna.headers["origin"]! } };
          const { status } = await world.ask(stranger, "POST", "/v1/session/redeem", { code, password });
          assert.equal(status, 200);
        },
        async () => undefined,
      ],
      [
        "barred",
        () => client.call("userUpdate", { params, body: { barred: true } }),
        () => client.call("userUpdate", { params, body: { barred: false } }),
      ],
      ["removed", () => client.call("userDelete", { params }), async () => undefined],
    ];
    for (const [why, lose, again] of losses) {
      dora = await world.signIn("dora");
      const connection = await world.connect(dora);
      const [display, line] = [await world.display(connection), await lineOf(connection.desktop, dora)];
      const more = await world.ask(dora, "POST", `/v1/desktops/${connection.desktop.id}/ticket`);
      await lose();
      assert.match(await display.closed, /^1008 /, `display: ${why}`);
      assert.match(await line.closed, /^1008 /, `line: ${why}`);
      const { ticket } = JSON.parse(more.text) as { ticket: string };
      const late = world.open(`/v1/guests/${connection.desktop.guest}/display?ticket=${ticket}`);
      assert.match(await late.closed, /^1008 /, `ticket: ${why}`);
      const files = await world.ask(dora, "GET", `/v1/desktops/${connection.desktop.id}/files`);
      assert.ok(files.status >= 400, `files: ${why}`);
      await again();
    }
  });

  it("goes where it is opened elsewhere, and stays where it is shared", async () => {
    const first = await world.display(await world.connect(anna));
    const second = await world.display(await world.connect(anna, { takeOver: false }));
    await world.display(await world.connect(anna));
    assert.equal(await first.closed, "1008 desktop.taken_over");
    assert.equal(await second.closed, "1008 desktop.taken_over");
  });

  it("is told messages, at all of its user's pages", async () => {
    const { desktop } = await world.connect(anna);
    const operator = await world.operator();
    const message = { params: { desktop: desktop.id }, body: { text: "lunch <b>is</b> ready" } };
    await assert.rejects(operator.call("desktopMessage", message), is("desktop.nobody_there"));
    const pages = [await lineOf(desktop), await lineOf(desktop)];
    await operator.call("desktopMessage", message);
    for (const page of pages) {
      await until(() => page.frames.some(({ type }) => type === "message"));
      assert.equal(said(page, "message").text, "lunch <b>is</b> ready");
    }
    for (const page of pages) page.socket.close();
  });

  it("is looked on at once its user consents, until he says stop", async () => {
    const { desktop } = await world.connect(anna);
    const operator = await world.operator();
    const ask = (control = false) =>
      operator.call("desktopShadow", { params: { desktop: desktop.id }, body: { control } });
    await assert.rejects(ask(), is("desktop.nobody_there"));
    const line = await lineOf(desktop);
    const refused = assert.rejects(ask(), is("desktop.refused"));
    await until(() => line.frames.some(({ type }) => type === "shadow-asked"));
    say(line, { type: "shadow-answered", id: said(line, "shadow-asked").id, yes: false });
    await refused;
    line.frames.length = 0;
    const consented = ask(true);
    await until(() => line.frames.some(({ type }) => type === "shadow-asked"));
    say(line, { type: "shadow-answered", id: said(line, "shadow-asked").id, yes: true });
    const { ticket, guest } = await consented;
    const looking = await world.display({ desktop: { guest }, ticket });
    await until(() => said(line, "shadowed")?.by.length === 1);
    assert.equal(said(line, "shadowed").by[0]!.control, true);
    say(line, { type: "end-shadow" });
    assert.equal(await looking.closed, "1008 desktop.shadow_ended");
    await until(() => said(line, "shadowed").by.length === 0);
    const events = await world.client.call("eventList");
    const kinds = events.map(({ kind }) => kind);
    assert.ok(kinds.includes("desktop.shadowed") && kinds.includes("desktop.shadow_ended"));
    const asked = await world.client.call("auditList", { query: { action: "desktopShadow" } });
    assert.deepEqual(
      asked.map(({ result, code, detail }) => [result, code ?? detail]),
      [
        ["done", "its user consented, keys and pointer count"],
        ["refused", "desktop.refused"],
        ["refused", "desktop.nobody_there"],
      ],
    );
    line.socket.close();
  });

  it("is looked at no more once whoever asked has gone, or lost his role", async () => {
    const { desktop } = await world.connect(anna);
    const helper = await world.person("carla", "operator");
    await world.policy({ shadow: "notice" });
    const answer = await world.ask(helper, "POST", `/v1/desktops/${desktop.id}/shadow`, {});
    const { ticket } = JSON.parse(answer.text) as { ticket: string };
    const looking = await world.display({ desktop, ticket });
    await world.client.call("userUpdate", { params: { user: "carla" }, body: { role: "viewer" } });
    assert.match(await looking.closed, /^1008 /);
    await world.policy({});
  });

  it("is recorded as its pool wants it, and says so", async () => {
    const { desktop } = await world.connect(anna);
    const line = await lineOf(desktop);
    assert.equal(said(line, "recording").on, false);
    const early = await world.display(await world.connect(anna));
    await world.policy({ record: true });
    // Whoever watches already is recorded from then on, too.
    await until(() => said(line, "recording").on);
    early.socket.close();
    const display = await world.display(await world.connect(anna));
    const recordings = await world.client.call("recordingList");
    assert.deepEqual(
      recordings.map(({ state, startedBy }) => [state, startedBy]),
      [["recording", "the desktop pool office"]],
    );
    const [shown] = await world.client.call("desktopList", { query: { user: "anna" } });
    assert.equal(shown!.recording, recordings[0]!.id);
    // Who looks at it is written down, once and not with each piece.
    const look = { params: { recording: recordings[0]!.id } };
    await world.client.call("recordingContent", look, { range: [0, 8] });
    await world.client.call("recordingContent", look, { range: [8, 16] });
    const looks = await world.client.call("auditList", { query: { action: "recordingContent" } });
    assert.deepEqual(
      looks.map(({ target, status }) => [target, status]),
      [[recordings[0]!.id, 206]],
    );
    await world.policy({});
    await until(() => !said(line, "recording").on);
    display.socket.close();
    line.socket.close();
  });

  it("lets files out of its user's downloads, by names that mean nothing here, and none where its pool does not", async () => {
    const { desktop } = await world.connect(anna);
    const downloads = join(world.daemon.paths.run, desktop.guest!, "root/root/Downloads");
    await mkdir(downloads);
    const name = 'ü"; x="\r\n.txt';
    await writeFile(join(downloads, name), "<script>");
    const path = `/v1/desktops/${desktop.id}/file`;
    const listed = await world.ask(anna, "GET", `${path}s`);
    const { items } = JSON.parse(listed.text) as { items: { name: string; size: number }[] };
    assert.deepEqual(
      items.map((file) => [file.name, file.size]),
      [[name, 8]],
    );
    const file = await world.ask(anna, "GET", `${path}?name=${encodeURIComponent(name)}`);
    assert.equal(file.text, "<script>");
    assert.equal(file.headers.get("content-type"), "application/octet-stream");
    assert.equal(file.headers.get("x-content-type-options"), "nosniff");
    assert.equal(
      file.headers.get("content-disposition"),
      `attachment; filename="__; x=___.txt"; filename*=UTF-8''%C3%BC%22%3B%20x%3D%22%0D%0A.txt`,
    );
    const dropped = await world.ask(anna, "POST", `/v1/desktops/${desktop.id}/ticket`);
    const { ticket } = JSON.parse(dropped.text) as { ticket: string };
    const drop = world.open(`/v1/guests/${desktop.guest}/drop?ticket=${ticket}`, anna);
    await drop.status;
    say(drop, { type: "drop", name: "notes.txt", size: 5 });
    await until(() => drop.frames.length > 0);
    drop.socket.terminate();
    const moved = async (action: string) => {
      const [entry] = await world.client.call("auditList", { query: { action } });
      return entry && [entry.user, entry.target, entry.detail];
    };
    while ((await moved("guestDrop")) === undefined);
    assert.deepEqual(await moved("desktopFileGet"), [
      "anna",
      desktop.id,
      `${name}, 8 bytes, from a desktop of office`,
    ]);
    assert.deepEqual(await moved("guestDrop"), [
      "anna",
      desktop.guest,
      `notes.txt, 5 bytes, to desktop ${desktop.id} of office`,
    ]);
    for (const other of ["nothing", "..", "%2fetc%2fpasswd"])
      assert.ok((await world.ask(anna, "GET", `${path}?name=${other}`)).status >= 400, other);
    await world.policy({ files: "in" });
    const answer = await world.ask(anna, "GET", `/v1/desktops/${desktop.id}/files`);
    assert.equal(answer.status, 403);
    assert.match(answer.text, /desktop\.not_allowed/);
    await world.policy({});
  });

  it("ends a page that says what no page says, or too much of it", async () => {
    const { desktop } = await world.connect(anna);
    const nonsense: (string | Buffer)[] = [
      "not JSON",
      "[]",
      '{"type":"end-shadow","more":1}',
      '{"type":"shadow-answered","id":"q","yes":"yes"}',
      '{"type":"measured","roundTrip":-1,"framesPerSecond":1e99}',
      '{"type":"desktop"}',
      Buffer.of(0, 1, 2),
    ];
    for (const words of nonsense) {
      const line = await lineOf(desktop);
      line.socket.send(words);
      assert.match(await line.closed, /^1008 /, String(words));
    }
    const line = await lineOf(desktop);
    for (let frame = 0; frame < 100; frame++) say(line, { type: "present" });
    assert.match(await line.closed, /^1008 /);
    assert.match(JSON.stringify(line.frames.at(-1)), /api\.invalid/);
  });

  it("has its line again once the daemon is back, and is told of its end", async () => {
    const { desktop } = await world.connect(anna);
    const line = await lineOf(desktop);
    await world.restart();
    assert.match(await line.closed, /^1001 /);
    anna = await world.signIn("anna");
    const next = await lineOf(desktop);
    assert.equal(said(next, "desktop").desktop.id, desktop.id);
    await world.ask(anna, "POST", `/v1/my-desktops/${world.pool}/sign-off`, {});
    assert.equal(await next.closed, "1000 ");
    assert.equal(said(next, "ended").why, "signed-off");
  });
});
