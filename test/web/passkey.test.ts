/** Does Chromium make and use a passkey with what the API gives it, and does the API take what it gives back? */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startFakeDaemon, type FakeDaemon } from "../fakes/fake-daemon.ts";
import { addAuthenticator, startChromium, type Browser } from "./chromium.ts";

const password = "correct horse battery";

let daemon: FakeDaemon;
let browser: Browser;

before(async () => {
  daemon = await startFakeDaemon();
  await daemon.listenTcp();
  await daemon.services.access.createUser({ name: "ops", role: "admin", password });
  browser = await startChromium();
});
after(async () => {
  await browser.end();
  await daemon.close();
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a page does, in its own language: the types of Node's programs know no browser. */
const inPage = `async (password) => {
  const call = async (method, path, body) => {
    const headers = body ? { "content-type": "application/json" } : {};
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  };
  const entered = await call("POST", "/v1/session", { name: "ops", password });
  const creation = await call("POST", "/v1/session/passkeys/begin", { password });
  const made = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(creation.body),
  });
  const added = await call("POST", "/v1/session/passkeys", { name: "test", response: made.toJSON() });
  const left = await call("DELETE", "/v1/session");
  const request = await call("POST", "/v1/session/passkey/begin");
  const got = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(request.body),
  });
  const back = await call("POST", "/v1/session/passkey", { response: got.toJSON() });
  const again = await call("POST", "/v1/session/passkey", { response: got.toJSON() });
  const session = await call("GET", "/v1/session");
  return { entered, creation, added, left, request, back, again, session };
}`;

test("a passkey is made after a sign-in, and then does for one", async () => {
  const page = await browser.context.newPage();
  await addAuthenticator(browser.context, page);
  // Browsers make passkeys for names, and of this computer's that is localhost.
  await page.goto(`http://localhost:${daemon.tcp.split(":")[1]}/v1/session/options`);
  const answers = (await page.evaluate(`(${inPage})(${JSON.stringify(password)})`)) as Record<string, Answer>;
  const statuses = Object.fromEntries(
    Object.entries(answers).map(([name, { status, body }]) => [name, status === 200 ? 200 : body["code"]]),
  );
  assert.deepEqual(statuses, {
    entered: 200,
    creation: 200,
    added: 200,
    left: 200,
    request: 200,
    back: 200,
    again: "access.passkey_refused",
    session: 200,
  });
  assert.equal(answers["session"]?.body["user"], "ops");
});
