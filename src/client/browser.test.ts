import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { createBrowserCall } from "./browser.ts";

const origin = "http://127.0.0.1:7070";

/** A fetch that answers as given, and keeps what it was asked. */
function answering(answer: () => Response | Promise<Response>) {
  const asked: { url: string; init: RequestInit }[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return answer();
  }) as typeof globalThis.fetch;
  return { call: createBrowserCall({ origin, fetch }), asked };
}

test("a call goes to where the page is from, with its cookie and its body", async () => {
  const { call, asked } = answering(() => Response.json({ id: "o1" }, { status: 202 }));
  const operation = await call("guestStop", { params: { guest: "web" }, body: { force: true } });
  assert.equal(operation.id, "o1");
  assert.equal(asked[0]?.url, `${origin}/v1/guests/web/stop`);
  assert.equal(asked[0]?.init.credentials, "same-origin");
  assert.equal(asked[0]?.init.body, '{"force":true}');
});

test("an error keeps its code and hint; a page instead of an answer is told as such", async () => {
  const problem = new LodgeError("guest.not_found", { guest: "nobody" }).toProblem();
  const refusing = answering(() => Response.json(problem, { status: 404 })).call;
  await assert.rejects(refusing("guestGet", { params: { guest: "nobody" } }), (error) => {
    assert.ok(hasCode(error, "guest.not_found"));
    assert.equal(error.message, "There is no guest 'nobody'.");
    return true;
  });
  const page = answering(() => new Response("<html>", { status: 502 })).call;
  await assert.rejects(page("guestList"), (error) => hasCode(error, "api.unexpected_answer"));
});

test("nobody there is an error of the catalogue; an abort is its signal's reason", async () => {
  const { call } = answering(() => Promise.reject(new TypeError("Failed to fetch")));
  await assert.rejects(call("guestList"), (error) => hasCode(error, "api.daemon_unreachable"));
  const stop = new AbortController();
  const reason = new Error("left the page");
  stop.abort(reason);
  await assert.rejects(call("guestList", {}, { signal: stop.signal }), (error) => error === reason);
});
