import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  bridgeMac,
  bridgeName,
  isOurs,
  mostNetworks,
  type OwnedKind,
  tableName,
  overlayTable,
  tapName,
  tunnelName,
  vlanName,
} from "./names.ts";

const tags = fc.stringMatching(/^[a-z0-9]{4,6}$/);
const indexes = fc.integer({ min: 0, max: mostNetworks - 1 });
const words = fc.string({ minLength: 1, maxLength: 20 });

describe("names in the host's network", () => {
  it("fit the kernel's 15 characters, and are recognised as ours", () => {
    fc.assert(
      fc.property(tags, indexes, words, words, (tag, index, guest, nic) => {
        const names: [OwnedKind, string][] = [
          ["bridge", bridgeName({ tag, index })],
          ["table", tableName({ tag, index })],
          ["tunnel", tunnelName({ tag, index })],
          ["overlay", overlayTable(tag)],
          ["tap", tapName(tag, guest, nic)],
        ];
        for (const [kind, name] of names) {
          assert.ok(kind === "table" || kind === "overlay" || name.length <= 15, name);
          assert.ok(isOurs(tag, kind, name), name);
        }
      }),
    );
  });

  it("are never taken for another Lodge's, even where its tag begins with ours", () => {
    fc.assert(
      fc.property(
        tags,
        fc.string({ maxLength: 2 }),
        tags,
        indexes,
        words,
        (tag, more, other, index, word) => {
          for (const stranger of [`${tag}${more}`, other]) {
            if (stranger === tag || !/^[a-z0-9]{4,6}$/.test(stranger)) continue;
            assert.ok(!isOurs(tag, "bridge", bridgeName({ tag: stranger, index })));
            assert.ok(!isOurs(tag, "tap", tapName(stranger, word, "nic0")));
            assert.ok(!isOurs(tag, "table", tableName({ tag: stranger, index })));
            assert.ok(!isOurs(tag, "tap", bridgeName({ tag: stranger, index })));
          }
        },
      ),
    );
    assert.ok(!isOurs("abcd", "bridge", "ldgabcde0") && !isOurs("abcde", "bridge", "ldgabcd0"));
  });

  it("are the same for the same guest, and differ between guests and NICs", () => {
    assert.equal(tapName("abcd", "g-1", "nic0"), tapName("abcd", "g-1", "nic0"));
    assert.notEqual(tapName("abcd", "g-1", "nic0"), tapName("abcd", "g-1", "nic1"));
    assert.notEqual(tapName("abcd", "g-1", "nic0"), tapName("abcd", "g-2", "nic0"));
  });

  it("of what is no tag are refused, and match nothing", () => {
    for (const tag of ["abc", "toolong", "AB12", "a-b1", ".*.*"]) {
      assert.throws(() => bridgeName({ tag, index: 0 }), RangeError);
      assert.ok(!isOurs(tag, "bridge", `ldg${tag}0`));
    }
    assert.throws(() => bridgeName({ tag: "abcd", index: mostNetworks }), RangeError);
  });

  it("come with a MAC that is locally administered, unicast, and always the same", () => {
    const mac = bridgeMac({ tag: "abcd", index: 0 });
    assert.match(mac, /^02(:[0-9a-f]{2}){5}$/);
    assert.equal(mac, bridgeMac({ tag: "abcd", index: 0 }));
    assert.notEqual(mac, bridgeMac({ tag: "abcd", index: 1 }));
  });
});

describe("the part of a network with a VLAN tag of its own", () => {
  it("has devices whose names fit the kernel's 15 characters, and are ours", () => {
    const key = { tag: "abcdef", index: 35, tagged: 4094 };
    assert.equal(bridgeName(key), "ldgabcdef-0z35q");
    assert.equal(vlanName(key), "lgvabcdef-0z35q");
    assert.ok(bridgeName(key).length <= 15);
    assert.ok(isOurs("abcdef", "bridge", bridgeName(key)) && isOurs("abcdef", "vlan", vlanName(key)));
    assert.ok(isOurs("abcdef", "table", tableName(key)));
  });
});
