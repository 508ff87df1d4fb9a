import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import { rawMode, watchKeys } from "./raw-mode.ts";

const escape = "\u001d";

/** What passes and how often it was left, for chunks of keys at these times. */
function press(times: number, chunks: readonly (readonly [at: number, keys: string])[]) {
  let now = 0;
  let left = 0;
  let passed = "";
  const keys = watchKeys(
    { times },
    () => left++,
    () => now,
  );
  keys.on("data", (chunk: Buffer) => (passed += chunk.toString()));
  for (const [at, text] of chunks) {
    now = at;
    keys.write(text);
  }
  return { left, passed };
}

describe("the way out of a console", () => {
  it("is one key", () => {
    assert.deepEqual(
      press(1, [
        [0, "ls\r"],
        [10, `a${escape}b`],
      ]),
      { left: 1, passed: "ls\ra" },
    );
  });

  it("is not pressed by other keys", () => assert.equal(press(1, [[0, "\u0003\u0004\u001b[A]"]]).left, 0));
});

describe("the way out of a shell", () => {
  it("is three keys within a second", () => {
    assert.equal(
      press(3, [
        [0, escape],
        [300, escape],
        [900, escape],
      ]).left,
      1,
    );
    assert.equal(press(3, [[0, escape.repeat(3)]]).left, 1);
  });

  it("is neither fewer, nor slower, nor with others in between", () => {
    const cases = [
      press(3, [
        [0, escape],
        [10, escape],
      ]),
      press(3, [
        [0, escape],
        [600, escape],
        [1200, escape],
      ]),
      press(3, [[0, `${escape}${escape}x${escape}`]]),
    ];
    assert.deepEqual(
      cases.map(({ left }) => left),
      [0, 0, 0],
    );
    assert.equal(cases[2]?.passed, `${escape}${escape}x${escape}`);
  });
});

describe("raw mode", () => {
  function fakeInput(isTTY: boolean) {
    const modes: boolean[] = [];
    const stdin = Object.assign(new EventEmitter(), {
      isTTY,
      isRaw: false,
      setRawMode(raw: boolean) {
        modes.push(raw);
        stdin.isRaw = raw;
      },
    });
    return { stdin: stdin as unknown as NodeJS.ReadStream, modes };
  }

  it("is left as it was, once, and leaves no listeners", () => {
    const before = ["exit", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name));
    const { stdin, modes } = fakeInput(true);
    const raw = rawMode(stdin);
    raw.restore();
    raw.restore();
    assert.deepEqual(modes, [true, false]);
    assert.deepEqual(
      ["exit", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name)),
      before,
    );
  });

  it("does nothing to what is no terminal", () => {
    const { stdin, modes } = fakeInput(false);
    rawMode(stdin).restore();
    assert.deepEqual(modes, []);
  });
});
