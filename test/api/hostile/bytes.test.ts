/** Is what is no request, or two in one, refused without a word of what is inside? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { guestRecords } from "../../fakes/guest-records.ts";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { addPerson, assertTellsNothing, bugsOf, othersAreServed } from "./bystander.ts";
import { say, statusesIn } from "./raw.ts";

describe("what is sent instead of a request", () => {
  let daemon: FakedDaemon;
  let url = "";
  let host = "";
  let bearer = "";
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true, records: guestRecords(3) });
    await addPerson(daemon, "bystander");
    url = await daemon.url();
    host = `Host: ${new URL(url).host}\r\n`;
    bearer = `Authorization: Bearer ${await daemon.token()}\r\n`;
  });
  after(() => daemon.close());

  const refused = async (bytes: string | Buffer, statuses: readonly number[], why: string) => {
    const heard = await say(url, bytes);
    assertTellsNothing(heard, daemon);
    const told = statusesIn(heard);
    assert.ok(told.length === 1 && statuses.includes(told[0]!), `${why}: ${heard.slice(0, 300)}`);
  };

  it("smuggles no second request behind one whose end can be read in two ways", async () => {
    const hidden = `PATCH /v1/guests/guest-00000 HTTP/1.1\r\n${host}${bearer}Content-Type: application/json\r\nContent-Length: 26\r\n\r\n{"description":"smuggled"}`;
    const post = `POST /v1/session/link HTTP/1.1\r\n${host}Content-Type: application/json\r\n`;
    const chunked = `0\r\n\r\n${hidden}`;
    const cases: Record<string, string> = {
      "a length and chunks": `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      "chunks and a length": `${post}Transfer-Encoding: chunked\r\nContent-Length: ${chunked.length}\r\n\r\n${chunked}`,
      "two lengths": `${post}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      "a length with a sign": `${post}Content-Length: +0\r\n\r\n${hidden}`,
      "a length in two": `${post}Content-Length: 0, ${hidden.length}\r\n\r\n${hidden}`,
      "an unknown encoding": `${post}Transfer-Encoding: xchunked\r\n\r\n${chunked}`,
      "chunks that are not the last encoding": `${post}Transfer-Encoding: chunked, identity\r\n\r\n${chunked}`,
      "a name that ends in a space": `${post}Transfer-Encoding : chunked\r\n\r\n${chunked}`,
      "a line that goes on in the next": `${post}X: y\r\n Transfer-Encoding: chunked\r\n\tz: 1\r\nContent-Length : 0\r\n\r\n${hidden}`,
      "lines that end in a line feed": `${post.replaceAll("\r\n", "\n")}Content-Length: 0\n\n${hidden}`,
      "a carriage return in a value": `${post}X: a\rTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      "a NUL in a value": `${post}X: a\0b\r\nContent-Length: 0\r\n\r\n${hidden}`,
      "a chunk's size that is none": `${post}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${hidden}`,
      "a chunk's size beyond all bounds": `${post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n${hidden}`,
      "a body of a GET": `GET /v1/session/options HTTP/1.1\r\n${host}Content-Length: ${hidden.length}\r\nTransfer-Encoding: chunked\r\n\r\n${hidden}`,
    };
    for (const [why, bytes] of Object.entries(cases)) await refused(bytes, [400], why);
    const guest = await daemon.client.call("guestGet", { params: { guest: "guest-00000" } });
    assert.equal(guest.description, "");
  });

  it("is too long to be looked at", async () => {
    const get = (path: string, head = "") =>
      `GET ${path} HTTP/1.1\r\n${host}${bearer}Connection: close\r\n${head}\r\n`;
    await refused(get(`/v1/guests?name=${"x".repeat(20_000)}`), [414, 431], "an address");
    await refused(get("/v1/guests", `X: ${"x".repeat(20_000)}\r\n`), [431], "a header");
    await refused(get("/v1/guests", "A: b\r\n".repeat(5_000)), [431], "headers");
    await refused(get(`/v1/guests/${"x".repeat(5_000)}`), [404], "a name");
    const post = `POST /v1/guests HTTP/1.1\r\n${host}${bearer}Connection: close\r\nContent-Type: application/json\r\n`;
    await refused(`${post}Content-Length: 3000000\r\n\r\n{`, [413], "a body, by what it says of itself");
    const chunk = `${(65_536).toString(16)}\r\n${"1".repeat(65_536)}\r\n`;
    await refused(`${post}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}`, [413], "a body");
    const deep = "[".repeat(1_000_000);
    await refused(`${post}Content-Length: ${deep.length}\r\n\r\n${deep}`, [400], "a body that is deep");
    const proto = '{"image":"x","__proto__":{"admin":true}}';
    await refused(`${post}Content-Length: ${proto.length}\r\n\r\n${proto}`, [400], "a prototype");
    const packed = "\x1f\x8b\x08\x00";
    await refused(
      `${post}Content-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n${packed}`,
      [400, 415],
      "a packed body",
    );
  });

  it("is of another protocol", async () => {
    await refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400], "HTTP/2");
    const hello = Buffer.from("160301010001000000fc0303".padEnd(600, "ab"), "hex");
    await refused(hello, [400], "TLS");
    await refused("\x00\x01\x02\x03".repeat(50), [400], "nonsense");
    await refused("SSH-2.0-OpenSSH_9.2\r\n", [400], "SSH");
    await refused(`GET /v1/host HTTP/0.9\r\n\r\n`, [400, 403, 505], "an old one");
    await refused(`GET /v1/host HTTP/1.1\r\n\r\n`, [400], "a request without a host");
    const upgrade = `GET /v1/session/options HTTP/1.1\r\n${host}Connection: Upgrade, HTTP2-Settings, close\r\n`;
    await refused(
      `${upgrade}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n`,
      [200, 400, 403, 404],
      "an upgrade to HTTP/2",
    );
    assert.equal(await say(url, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"), "");
    await refused(`TRACE / HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, [400, 401, 404, 405], "a mirror");
  });

  it("leads by no path to what is no route, nor out of the folder of pages", async () => {
    const paths = [
      "/v1/guests/..%2f..%2fhost",
      "/v1/guests/%2e%2e/%2e%2e/etc/passwd",
      "/v1/guests/guest-00000%00",
      "/v1/guests/guest-00000%2fstart",
      "/v1/guests/%c0%ae%c0%ae%c0%af",
      "/v1/guests/%e0%80%af",
      "/v1/guests/%ff%fe",
      "/v1/guests/%",
      "/v1/guests/%zz",
      "/v1/guests/..",
      "/v1/guests/../../package.json",
      "/v1//guests/guest-00000",
      "//v1/guests",
      "/v1/guests/guest-00000/",
      "/v1/guests/guest-00000;a=b",
      "/v1/guests\\guest-00000",
      "/V1/guests",
      "/v1/./guests",
      "/assets/../../package.json",
      "/assets/..%2f..%2f..%2fpackage.json",
      "/assets/%2e%2e%2findex.html",
      "/assets/..\\..\\package.json",
      "/assets/%00",
      "/assets/.gitignore",
      "/icon.svg/../../../package.json",
      "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
      "/metrics/..%2fv1/guests",
    ];
    for (const path of paths) {
      const heard = await say(url, `GET ${path} HTTP/1.1\r\n${host}${bearer}Connection: close\r\n\r\n`);
      assertTellsNothing(heard, daemon);
      const [status = 0] = statusesIn(heard);
      assert.ok([400, 403, 404].includes(status), `${path}: ${heard.slice(0, 200)}`);
      assert.doesNotMatch(heard, /root:|"type": "module"|<!doctype|guest-00001/i, path);
    }
    const absolute = `GET http://evil.example/v1/host HTTP/1.1\r\n${host}${bearer}Connection: close\r\n\r\n`;
    const [status = 0] = statusesIn(await say(url, absolute));
    assert.ok([400, 403, 404].includes(status), `an absolute address: ${status}`);
  });

  it("has kept nobody from his answers, and is no bug", async () => {
    await othersAreServed(url);
    assert.deepEqual(bugsOf(daemon).slice(0, 3), []);
  });
});
