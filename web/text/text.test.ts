import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { ago, bytes, span } from "./format.ts";
import { plain } from "./plain.ts";
import { soon } from "./soon.ts";

/** Every message's place, with what stands there. */
function messages(table: object, at = ""): [string, unknown][] {
  return Object.entries(table).flatMap(([key, value]) =>
    typeof value === "object" && value !== null ? messages(value, `${at}${key}.`) : [[at + key, value]],
  );
}

describe("the languages", () => {
  const english = new Map(messages(en));
  const german = new Map(messages(de));

  it("have the same messages, each of the same kind", () => {
    assert.deepEqual([...german.keys()].toSorted(), [...english.keys()].toSorted());
    for (const [key, message] of english) {
      const other = german.get(key);
      assert.equal(typeof other, typeof message, key);
      if (typeof message === "function") assert.equal((other as () => string).length, message.length, key);
      else assert.notEqual(String(other).trim(), "", key);
    }
  });

  it("are another language: few words are the same", () => {
    const same = [...english].filter(
      ([key, message]) => german.get(key) === message && String(message).length > 4,
    );
    assert.ok(same.length < english.size * 0.1, same.map(([key]) => key).join(", "));
  });
});

describe("figures", () => {
  it("are in the unit that fits, and in the language's digits", () => {
    assert.equal(bytes(0, "en"), "0 B");
    assert.equal(bytes(1536 * 1024 ** 2, "en"), "1.5 GiB");
    assert.equal(bytes(1536 * 1024 ** 2, "de"), "1,5 GiB");
    assert.equal(bytes(512 * 1024 ** 2, "en"), "512 MiB");
    assert.equal(span(12, "en"), "12 ms");
    assert.equal(span(125_000, "en"), "2 min 5 s");
    assert.equal(span(14_400_000, "en"), "4 h");
    assert.equal(ago(2, "en"), undefined);
    assert.equal(ago(7_200, "en"), "2h ago");
  });

  it("of a time that comes say no more than one needs to come then", () => {
    const at = (day: number, hour: number) => new Date(2026, 10, day, hour).toISOString();
    const now = Date.parse(at(27, 22));
    const all = [at(27, 23), at(28, 7), at(30, 7), at(44, 7)];
    const said = (language: string) => all.map((one) => soon(one, language, now));
    assert.deepEqual(said("en-GB"), ["23:00", "tomorrow, 07:00", "Monday, 07:00", "14 Dec 2026, 07:00"]);
    assert.deepEqual(said("de"), ["23:00", "morgen, 07:00", "Montag, 07:00", "14.12.2026, 07:00"]);
  });
});

describe("a terminal's output", () => {
  it("is read without its colours and movements", () => {
    assert.equal(
      plain("\u001b[0;32m  OK  \u001b[0m done\r\n\u001b]0;title\u0007next\u001b[K"),
      "  OK   done\nnext",
    );
  });
});
