/** Does a secret that somebody gave to Lodge turn up anywhere that another reads? */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, relative } from "node:path";
import { after, before, describe } from "node:test";
import { createClient, type Client } from "#client/client";
import type { Operation } from "#contract/operation";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { diskBytes, sourceOf } from "../../fakes/upload-source.ts";
import { attack } from "../attack.ts";
import { qcow2 } from "../input/hostile-images.ts";
import { Canary, filesBelow, inProcesses } from "./canary.ts";

/** May everybody go through the folders on the way to this one? */
const othersGetTo = (folder: string, home: string): boolean =>
  (statSync(folder).mode & 0o001) !== 0 && (folder === home || othersGetTo(dirname(folder), home));

/** Files that have what a guest is given, as they have to: it reads them. Their owner alone may. */
const given = new Set(["seed.iso"]);

describe("a secret", () => {
  const canary = new Canary();
  let daemon: FakedDaemon;
  let server: Server;
  let client: Client;
  const operations: Operation[] = [];

  before(async () => {
    daemon = await FakedDaemon.start({ listen: true });
    client = daemon.client;
    server = createServer((request, response) => {
      if (request.url?.startsWith("/hook")) return void response.writeHead(500, "no").end("no");
      response.end(qcow2({ backing: "/etc/shadow" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await accounts();
    await others();
    await lifeOfAGuest();
  });
  after(async () => {
    server.close();
    await daemon.close();
  });

  const done = async (operation: Operation): Promise<void> => {
    operations.push(await client.waitFor(operation).catch((error: unknown) => error as Operation));
  };

  async function accounts(): Promise<void> {
    const password = canary.of("a user's password");
    await client.call("userCreate", { body: { name: "ann", role: "admin", password } });
    const browser = createClient({ url: await daemon.url() });
    const wrong = { name: "ann", password: canary.of("a wrong password") };
    await assert.rejects(browser.call("sessionCreate", { body: wrong }));
    await browser.call("sessionCreate", { body: { name: "ann", password } });
    const token = await client.call("tokenCreate", { body: { name: "ci", role: "admin" } });
    canary.know("a token", token.secret);
    const asToken = createClient({ url: await daemon.url(), token: token.secret });
    await asToken.call("hostGet");
    const stranger = createClient({ url: await daemon.url(), token: canary.of("a token that is none") });
    await assert.rejects(stranger.call("hostGet"));
    const link = await client.call("signInLink");
    canary.know("a link to sign in", link.code);
  }

  async function others(): Promise<void> {
    const { port } = server.address() as AddressInfo;
    const issuer = `http://127.0.0.1:${port}`;
    const secret = canary.of("a sign-in provider's secret");
    // Whether this provider can be reached at once does not matter: it is the secret that does.
    await client
      .call("providerCreate", { body: { kind: "oidc", name: "idp", issuer, clientId: "lodge", secret } })
      .catch(() => undefined);
    await client.call("outboundUpdate", { body: { allow: ["127.0.0.0/8"] } });
    const hook = `${issuer}/hook?key=${canary.of("a webhook's address")}`;
    const made = await client.call("webhookCreate", { body: { name: "hook", url: hook, allowHttp: true } });
    canary.know("a webhook's own secret", made.secret);
    // There is no Ceph, and perhaps nothing that could speak to one.
    const body = {
      name: "ceph",
      kind: "rbd" as const,
      target: "rbd",
      monitors: ["127.0.0.1:1"],
      user: "lodge",
      key: canary.of("a key of Ceph's"),
    };
    await assert.rejects(client.call("poolCreate", { body }), { code: "pool.unusable" });
    // What is refused for what it is, for its checksum, and for where it is not.
    for (const [path, sha256] of [
      ["image.qcow2", undefined],
      ["other.qcow2", "0".repeat(64)],
    ] as const) {
      const url = `${issuer}/${path}?signature=${canary.of(`the address of ${path}`)}`;
      await done(await client.call("imagePull", { body: { url, ...(sha256 && { sha256 }) } }));
    }
    const closed = new URL("http://127.0.0.1:1/disk.img");
    Object.assign(closed, { username: "ann", password: canary.of("a password in an address") });
    await done(await client.call("imagePull", { body: { url: closed.href } }));
  }

  async function lifeOfAGuest(): Promise<void> {
    const { id } = await client.upload(sourceOf("plain.img", diskBytes(2 ** 20)));
    await done(await client.call("uploadImport", { params: { upload: id }, body: { agent: "lodge" } }));
    const userData = `#cloud-config\npassword: ${canary.of("a password in user-data")}\n`;
    const params = { guest: "web" };
    await done(
      await client.call("guestCreate", {
        body: { image: "plain", name: "web", userData, network: [], wait: "none" },
      }),
    );
    await done(await client.call("guestStop", { params, body: { force: true } }));
    await done(await client.call("guestStart", { params }));
    await done(await client.call("guestSuspend", { params }));
    await done(await client.call("guestStart", { params }));
    await client.call("guestUpdate", { params, body: { description: "renamed" } });
    const env = { PASSWORD: canary.of("a command's environment") };
    const command = await client.exec("web", { argv: ["sh", "-c", "cat > /dev/null"], env });
    command.stdin.end(canary.of("a command's input"));
    command.stdout.resume();
    command.stderr.resume();
    await command.exit;
  }

  attack("it is looked for in the arguments and environment of every process", () => {
    assert.deepEqual(inProcesses(canary), []);
  });

  attack("it is looked for in the events", async () => {
    assert.deepEqual(canary.foundIn(JSON.stringify(await client.call("eventList"))), []);
  });

  attack("it is looked for in the operations, their errors and their details", async () => {
    const listed = await client.call("operationList");
    assert.ok(operations.length >= 8);
    assert.deepEqual(canary.foundIn(JSON.stringify([listed, operations])), []);
  });

  attack("it is looked for in the audit log", async () => {
    const audit = JSON.stringify(await client.call("auditList"));
    assert.match(audit, /userCreate|session|webhook/i);
    assert.deepEqual(canary.foundIn(audit), []);
  });

  attack("it is looked for in what is listed and shown", async () => {
    for (const name of [
      "guestList",
      "userList",
      "tokenList",
      "providerList",
      "imageList",
      "hostGet",
    ] as const)
      assert.deepEqual(canary.foundIn(JSON.stringify(await client.call(name))), [], name);
    const params = { webhook: "hook" };
    assert.deepEqual(canary.foundIn(JSON.stringify(await client.call("deliveryList", { params }))), []);
    const shown = await client.call("cloudInitGet", { params: { guest: "web" } });
    assert.deepEqual(canary.foundIn(JSON.stringify(shown)), [], "from a glance over the shoulder");
  });

  attack("it is looked for in the logs, the store and every other file of the home", async () => {
    const files = filesBelow(daemon.paths.home, canary);
    assert.ok(files.some(({ path }) => basename(path) === "lodge.db"));
    assert.ok(files.some(({ path }) => path.endsWith("lodged.log")));
    const found = files.filter(({ path, fields }) => fields.length > 0 && !given.has(basename(path)));
    assert.deepEqual(found, []);
  });

  attack("it is read where it has to be, by another user of the computer", () => {
    const files = filesBelow(daemon.paths.home, canary).filter(({ fields }) => fields.length > 0);
    assert.ok(
      files.some(({ path }) => basename(path) === "seed.iso"),
      "nothing was looked for",
    );
    for (const { path, mode } of files) assert.equal(mode & 0o077, 0, path);
  });

  attack("another user reads or writes files of the home", () => {
    const { home } = daemon.paths;
    const open = filesBelow(home, canary).filter(
      ({ mode, path }) => (mode & 0o007) !== 0 && othersGetTo(dirname(path), home),
    );
    // An image's folder has a name that nobody can guess or list.
    const expected = /^(images\/i\w+\/(disk\.raw|disc\.iso)|cache\/[\w.-]+\.json|lodged\.pid)$/;
    assert.deepEqual(
      open.map(({ path }) => relative(home, path)).filter((path) => !expected.test(path)),
      [],
    );
    assert.deepEqual(
      open.filter(({ mode }) => (mode & 0o002) !== 0),
      [],
    );
  });
});
