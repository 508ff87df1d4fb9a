import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { it } from "node:test";
import { promisify } from "node:util";
import { headersOf, newSigningSecret, sign } from "./signature.ts";

it("signatures are those that the makers of the standard publish", () => {
  // The example of the specification, as its own library signs it.
  const signature = sign(
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1_614_265_330,
    '{"test": 2432232314}',
  );
  assert.equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

it("openssl comes to the same", async () => {
  const secret = newSigningSecret();
  const { "webhook-signature": signature } = headersOf(
    { id: "msg_1", type: "x", body: "{}" },
    [secret],
    1_999,
  );
  const hex = Buffer.from(secret.slice("whsec_".length), "base64").toString("hex");
  const run = promisify(execFile)(
    "openssl",
    ["dgst", "-sha256", "-mac", "HMAC", "-macopt", `hexkey:${hex}`, "-binary"],
    { encoding: "buffer" },
  );
  run.child.stdin?.end("msg_1.1.{}");
  assert.equal(signature, `v1,${(await run).stdout.toString("base64")}`);
});

it("secrets hold 32 bytes, and several sign side by side", () => {
  const secrets = [newSigningSecret(), newSigningSecret()];
  assert.deepEqual(
    secrets.map((one) => Buffer.from(one.slice(6), "base64").length),
    [32, 32],
  );
  const message = { id: "msg_1", type: "x", body: "{}" };
  const { "webhook-signature": both } = headersOf(message, secrets, 5_000);
  assert.equal(both, secrets.map((secret) => sign(secret, "msg_1", 5, "{}")).join(" "));
});
