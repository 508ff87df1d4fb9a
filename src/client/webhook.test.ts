import assert from "node:assert/strict";
import { it } from "node:test";
import { hasCode } from "#contract/errors";
import { verifyWebhook } from "./webhook.ts";

// The example of the specification, as its own library signs it.
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const headers = {
  "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "webhook-timestamp": "1614265330",
  "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const body = '{"test": 2432232314}';
const now = 1_614_265_330_000;
const good = { headers, body, secret, now };

it("a message that is signed with the secret is read", async () => {
  assert.deepEqual(await verifyWebhook(good), { test: 2432232314 });
  assert.deepEqual(await verifyWebhook({ ...good, headers: new Headers(headers) }), { test: 2432232314 });
  assert.deepEqual(await verifyWebhook({ ...good, body: new TextEncoder().encode(body) }), {
    test: 2432232314,
  });
});

it("one of several signatures is enough, as while a secret is changed", async () => {
  const other = `v1,${btoa("x".repeat(32))}`;
  const several = { ...headers, "webhook-signature": `v1a,!! ${other} ${headers["webhook-signature"]}` };
  assert.deepEqual(await verifyWebhook({ ...good, headers: several }), { test: 2432232314 });
});

const bad: Readonly<Record<string, object>> = {
  "another body": { body: '{"test": 2432232315}' },
  "another id": { headers: { ...headers, "webhook-id": "msg_1" } },
  "another time": { headers: { ...headers, "webhook-timestamp": "1614265331" } },
  "another secret": { secret: `whsec_${btoa("y".repeat(32))}` },
  "no secret": { secret: "whsec_" },
  "no signature": { headers: { ...headers, "webhook-signature": undefined } },
  "a signature that is none": { headers: { ...headers, "webhook-signature": "v1,%%%" } },
  "an old message": { now: now + 301_000 },
  "a message of the future": { now: now - 301_000 },
};
for (const [what, difference] of Object.entries(bad))
  it(`${what} is refused`, async () => {
    await assert.rejects(verifyWebhook({ ...good, ...difference }), (error) =>
      hasCode(error, "webhook.signature"),
    );
  });
