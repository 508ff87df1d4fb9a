import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { assertPortFree, redirected } from "./ports.ts";

const dport = (protocol: string, right: unknown) => ({
  match: { op: "==", left: { payload: { protocol, field: "dport" } }, right },
});
const rule = (...expr: unknown[]) => ({ family: "inet", table: "lodge_wxyz_0", chain: "publish", expr });

describe("a port", () => {
  it("is taken when a rule sends it elsewhere, whoever made the rule", () => {
    const rules = [
      rule(dport("tcp", 8080), { dnat: { addr: "10.64.7.9", port: 80 } }),
      rule(dport("tcp", 22), { accept: null }),
    ];
    assert.equal(redirected(rules, { protocol: "tcp", hostPort: 8080 }), true);
    assert.equal(redirected(rules, { protocol: "udp", hostPort: 8080 }), false);
    assert.equal(redirected(rules, { protocol: "tcp", hostPort: 22 }), false);
  });

  it("is taken when a socket listens on it, and then another one is suggested", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port: hostPort } = server.address() as AddressInfo;
    await assert.rejects(
      assertPortFree({ protocol: "tcp", hostPort }, false),
      (error) =>
        hasCode(error, "network.port_in_use") &&
        error.params["port"] === hostPort &&
        Number(error.params["suggestion"]) > hostPort,
    );
    await new Promise((resolve) => server.close(resolve));
    await assertPortFree({ protocol: "tcp", hostPort }, false);
  });
});
