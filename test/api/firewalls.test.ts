/** Can firewall groups be had by the commands that are typed, and by those alone who may? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { text } from "node:stream/consumers";
import type { Schemas } from "#contract/schemas";
import { hasCode } from "#contract/errors";
import { FakedDaemon } from "../fakes/faked-daemon.ts";

const root = join(import.meta.dirname, "../..");

describe("firewall groups", () => {
  let daemon: FakedDaemon;
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true });
    await daemon.image("tiny", "none");
  });
  after(() => daemon.close());

  async function lodge(...words: string[]) {
    const program = spawn(join(root, "bin/lodge"), ["firewall", ...words], {
      env: { ...process.env, LODGE_HOME: daemon.paths.home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(program.stdout),
      text(program.stderr),
      once(program, "close"),
    ]);
    return { stdout: stdout.trim(), stderr, code: code as number };
  }
  const shown = async (name: string): Promise<Schemas["Firewall"]> =>
    JSON.parse((await lodge("show", name, "-f", "json")).stdout) as Schemas["Firewall"];

  it("are made, given rules, and shown", async () => {
    assert.equal((await lodge("create", "web", "--description", "the shop")).stdout, "web");
    assert.match((await lodge("create", "web")).stderr, /already[^]*lodge firewall set/);
    const allowed = await lodge(
      "allow",
      "web",
      "--from",
      "any",
      "--tcp",
      "80,443",
      "--tcp",
      "8000-8010",
      "--icmp",
    );
    assert.match(allowed.stdout, /from any: tcp 80, 443, 8000-8010\n.*from any: icmp/);
    const { rules, description } = await shown("web");
    assert.equal(description, "the shop");
    assert.deepEqual(
      rules.map(({ protocol, ports }) => [protocol, ports]),
      [
        ["tcp", ["80", "443", "8000-8010"]],
        ["icmp", []],
      ],
    );
    assert.match((await lodge("ls")).stdout, /web +2 +– +– +the shop/);
  });

  it("refuse what is nobody, and say what would do", async () => {
    const refused = await lodge("allow", "web", "--from", "everybody");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /'everybody'[^]*guest:NAME/);
    assert.match((await lodge("allow", "web", "--from", "any", "--tcp", "70000")).stderr, /1 to 65535/);
    assert.match((await lodge("allow", "web")).stderr, /--from and --to/);
    assert.match((await lodge("show", "nowhere")).stderr, /lodge firewall ls/);
  });

  it("lose a rule that is revoked", async () => {
    const [first] = (await shown("web")).rules;
    assert.equal((await lodge("revoke", "web", first!.id)).stdout, first!.id);
    assert.equal((await shown("web")).rules.length, 1);
    assert.match((await lodge("revoke", "web", first!.id)).stderr, /no rule/);
  });

  it("hold for a guest from its start, and are not removed under it", async () => {
    const { client } = daemon;
    const body = { image: "tiny", name: "shop", start: false, firewalls: ["web"] };
    await client.waitFor(await client.call("guestCreate", { body }));
    assert.deepEqual((await shown("web")).guests, ["shop"]);
    assert.match((await lodge("rm", "web")).stderr, /attached to guest shop[^]*detach/);
    const missing = { ...body, name: "other", firewalls: ["nothing"] };
    await assert.rejects(client.call("guestCreate", { body: missing }), (error) =>
      hasCode(error, "firewall.not_found"),
    );
  });

  it("are in the audit log, each change by its name", async () => {
    const { items } = await daemon.client.page("auditList", { query: { limit: 100 } });
    const actions = new Set(items.map(({ action }) => action));
    for (const action of ["firewallCreate", "firewallRuleAdd", "firewallRuleDelete", "firewallDelete"])
      assert.ok(actions.has(action), action);
  });
});
