import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fakeToken } from "../../test/fakes/fake-daemon.ts";
import { cookieOf, password, SignedIn } from "../../test/fakes/signed-in.ts";

let scene: SignedIn;
before(async () => void (scene = await SignedIn.open()));
after(() => scene.close());

const ask: SignedIn["ask"] = (...asked) => scene.ask(...asked);
const browser = (cookie?: string) => scene.browser(cookie);
const signIn = (name: string) => scene.signIn(name);

describe("the audit log", () => {
  const from = (at: number) => scene.daemon.services.audited.slice(at);

  it("says who did what, from where and with what result, and holds no secret", async () => {
    const { audited } = scene.daemon.services;
    const begun = audited.length;
    const cookie = cookieOf(await signIn("operator"));
    await ask("POST", "/v1/session", { name: "operator", password: "a wrong one" }, browser());
    await ask("POST", "/v1/session", { name: "what.is.this", password }, browser());
    await ask("POST", "/v1/guests/db/pause", undefined, browser(cookie));
    await ask("DELETE", "/v1/users/viewer", undefined, browser(cookie));
    await ask("GET", "/v1/guests", undefined, browser(cookie));
    await ask("POST", "/v1/guests", { image: "debian-13", name: "fresh" }, browser(cookie));
    await ask("POST", "/v1/guests/db/pause", undefined, {});
    const entries = from(begun);
    assert.deepEqual(
      entries.map(({ actor, user, action, target, result, code }) => [
        actor,
        user,
        action,
        target,
        result,
        code,
      ]),
      [
        ["nobody", "operator", "sessionCreate", undefined, "done", undefined],
        ["nobody", "operator", "sessionCreate", undefined, "refused", "access.sign_in_failed"],
        ["nobody", undefined, "sessionCreate", undefined, "refused", "access.sign_in_failed"],
        ["user", "operator", "guestPause", "db", "done", undefined],
        ["user", "operator", "userDelete", "viewer", "refused", "access.forbidden"],
        ["user", "operator", "guestCreate", "fresh", "done", undefined],
      ],
    );
    assert.match(entries[3]?.operation ?? "", /^o/);
    assert.deepEqual(new Set(entries.map(({ address }) => address)), new Set(["127.0.0.1"]));
    const text = JSON.stringify(audited);
    for (const secret of [password, "a wrong one", "what.is.this", cookie.split("=")[1] ?? "?", fakeToken])
      assert.ok(!text.includes(secret), secret);
  });

  it("has what is done through the socket, and streams into guests", async () => {
    const begun = scene.daemon.services.audited.length;
    await scene.daemon.client.call("guestResume", { params: { guest: "db" } });
    const command = await scene.daemon.client.exec("db", { argv: ["exit", "0"] });
    command.stdin.end();
    await command.exit;
    assert.deepEqual(
      from(begun).map(({ actor, action, address, status }) => [actor, action, address, status]),
      [
        ["host", "guestResume", undefined, 202],
        ["host", "guestExec", undefined, 101],
      ],
    );
  });

  it("is an admin's to read", async () => {
    const reply = await ask("GET", "/v1/audit?limit=2", undefined, browser(scene.cookies["admin"]));
    assert.equal((reply.json["items"] as unknown[]).length, 2);
  });
});
