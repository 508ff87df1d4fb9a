import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { newRule } from "./rules.ts";

const ports = (...given: string[]) => newRule({ direction: "in", protocol: "tcp", ports: given }).ports;
const refused = (code: "firewall.ports_wrong" | "firewall.peer_unknown", act: () => unknown) =>
  assert.throws(act, (error) => hasCode(error, code));

describe("a rule that is asked for", () => {
  it("is about everybody and everything where it says nothing", () => {
    const { id, ...rule } = newRule({ direction: "in" });
    assert.match(id, /^r[0-9a-z]{10}$/);
    assert.deepEqual(rule, {
      direction: "in",
      protocol: "any",
      ports: [],
      peer: "any",
      log: false,
      note: "",
    });
  });

  it("has no port twice, in whatever order they were named", () => {
    assert.deepEqual(ports("80", "22", "80"), ["22", "80"]);
    assert.deepEqual(ports("8000-8010", "8005-8020", "8021"), ["8000-8021"]);
    assert.deepEqual(ports("1-65535", "443"), ["1-65535"]);
  });

  it("allows exactly the ports that were named", () => {
    for (let round = 0; round < 200; round++) {
      const named = Array.from({ length: 1 + (round % 5) }, () => {
        const first = 1 + Math.floor(Math.random() * 60);
        return [first, first + Math.floor(Math.random() * 6)] as const;
      });
      const told = ports(
        ...named.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)),
      );
      const within = (port: number) =>
        told.some((text) => {
          const [first = 0, last = first] = text.split("-").map(Number);
          return port >= first && port <= last;
        });
      for (let port = 1; port < 70; port++)
        assert.equal(
          within(port),
          named.some(([first, last]) => port >= first && port <= last),
          `${port} of ${told}`,
        );
    }
  });

  it("is refused with ports that are none, or that its protocol has not", () => {
    for (const wrong of ["0", "65536", "20-10"]) refused("firewall.ports_wrong", () => ports(wrong));
    refused("firewall.ports_wrong", () => newRule({ direction: "in", protocol: "icmp", ports: ["8"] }));
    refused("firewall.ports_wrong", () => newRule({ direction: "in", ports: ["8"] }));
  });

  it("is refused where it speaks of nobody", () => {
    for (const peer of [
      "",
      "everybody",
      "10.0.0.0/33",
      "300.1.1.1",
      "10.0.0.0/8 drop",
      "fd00::/129",
      "1::2::3",
      "guest:",
      "label:x",
      '"; flush ruleset',
    ])
      refused("firewall.peer_unknown", () => newRule({ direction: "in", peer }));
    for (const peer of [
      "any",
      "10.0.0.0/8",
      "1.2.3.4",
      "fd00::/8",
      "::",
      "2001:db8::1",
      "1:2:3:4:5:6:7:8",
      "guest:web",
      "label:a=",
      "label:a=b c",
    ])
      assert.equal(newRule({ direction: "in", peer }).peer, peer);
  });
});
