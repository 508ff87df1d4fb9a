/** Can another page, or a name that leads here, do something with the cookie of whoever is signed in? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { guestRecords } from "../../fakes/guest-records.ts";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { addPerson, assertTellsNothing, ownPage, signIn, tell, type Told } from "./bystander.ts";
import { say, statusesIn } from "./raw.ts";

describe("another page", () => {
  let daemon: FakedDaemon;
  let url = "";
  let cookie = "";
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true, records: guestRecords(3) });
    await addPerson(daemon, "victim", "admin");
    url = await daemon.url();
    cookie = await signIn(url, "victim");
  });
  after(() => daemon.close());

  const rename = (headers: Record<string, string>, body = '{"description":"forged"}'): Promise<Told> =>
    tell(url, { method: "PATCH", path: "/v1/guests/guest-00000", headers: { cookie, ...headers }, body });

  const foreign = (): Record<string, string> => {
    const { port } = new URL(url);
    return {
      "another site": "http://evil.example",
      "another port of this computer": "http://127.0.0.1:1",
      "another name of this computer": `http://localhost:${port}`,
      "a name that begins like it": `${url}.evil.example`,
      "a name that it is a part of": `http://evil.example/${url}`,
      "the same under TLS": url.replace("http:", "https:"),
      "no name at all": "null",
      "two names": `${url} http://evil.example`,
    };
  };

  it("changes nothing: not by a form, not by fetch, not from a name that is nearly ours", async () => {
    for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
      for (const [why, origin] of Object.entries(foreign())) {
        const { status, text } = await rename({ origin, "content-type": type });
        assert.equal(status, 403, `${why}, ${type}: ${text}`);
        assertTellsNothing(text, daemon);
      }
      for (const site of ["cross-site", "same-site", "none"]) {
        const { status } = await rename({ "sec-fetch-site": site, "content-type": type });
        assert.equal(status, 403, `${site}, ${type}`);
      }
      assert.equal((await rename({ "content-type": type })).status, 403, `nothing said, ${type}`);
    }
    const form = await tell(url, {
      method: "POST",
      path: "/v1/guests/guest-00000/start",
      headers: { cookie, origin: "null", "content-type": "multipart/form-data; boundary=x" },
      body: "--x--",
    });
    assert.equal(form.status, 403);
    const guest = await daemon.client.call("guestGet", { params: { guest: "guest-00000" } });
    assert.deepEqual([guest.description, guest.state], ["", "stopped"]);
    assert.equal((await rename(ownPage(url), '{"description":"meant"}')).status, 200);
  });

  it("reads nothing: no answer says that a page of another site may see it", async () => {
    for (const method of ["GET", "OPTIONS"]) {
      for (const path of ["/v1/guests", "/v1/session", "/metrics", "/v1/openapi.json", "/"]) {
        const headers = {
          cookie,
          origin: "http://evil.example",
          "access-control-request-method": "PATCH",
          "access-control-request-headers": "authorization",
        };
        const answer = await tell(url, { method, path, headers });
        const allowing = Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"));
        assert.deepEqual(allowing, [], `${method} ${path}`);
        assert.equal(answer.headers["cross-origin-resource-policy"], "same-origin", `${method} ${path}`);
      }
    }
  });

  it("opens no stream: not of events, not into a guest", async () => {
    const upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n";
    const host = `Host: ${new URL(url).host}\r\n`;
    for (const path of ["/v1/events", "/v1/guests/guest-00000/exec", "/v1/guests/guest-00000/console"]) {
      for (const [why, origin] of Object.entries(foreign())) {
        const head = `GET ${path} HTTP/1.1\r\n${host}${upgrade}Cookie: ${cookie}\r\nOrigin: ${origin}\r\n\r\n`;
        const heard = await say(url, head);
        assert.deepEqual(statusesIn(heard), [403], `${path} ${why}: ${heard}`);
        assertTellsNothing(heard, daemon);
      }
    }
  });

  it("comes by no name of its own that leads here, whatever it says the name is", async () => {
    const { port } = new URL(url);
    const names = [
      "evil.example",
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `evil.example#127.0.0.1:${port}`,
      `127.0.0.1:${port}@evil.example`,
      `evil.example%00.127.0.0.1`,
      "[::ffff:192.0.2.1]",
      "0",
      "",
    ];
    for (const name of names) {
      const head = `GET /v1/guests HTTP/1.1\r\nHost: ${name}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
      const heard = await say(url, head);
      assert.ok([400, 403].includes(statusesIn(heard)[0] ?? 0), `${name}: ${heard.slice(0, 200)}`);
      assert.doesNotMatch(heard, /guest-00001/);
    }
    const twice = `GET /v1/guests HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: evil.example\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
    assert.deepEqual(statusesIn(await say(url, twice)), [403]);
    const forwarded = await tell(url, {
      path: "/v1/guests",
      headers: { host: "evil.example", "x-forwarded-host": `127.0.0.1:${port}`, cookie },
    });
    assert.equal(forwarded.status, 403);
  });
});
