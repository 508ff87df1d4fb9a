import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { width } from "./printable.ts";
import { barLine, createProgress } from "./progress.ts";
import { createTerminal } from "./terminal.ts";

function fakeTerminal(isTTY: boolean) {
  let text = "";
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const stderr = Object.assign(sink, { isTTY, columns: 60 }) as unknown as NodeJS.WriteStream;
  const streams = { stdin: process.stdin, stdout: stderr, stderr };
  const written = () => {
    const all = text;
    text = "";
    return all;
  };
  return { terminal: createTerminal(streams, {}), written };
}

describe("a bar", () => {
  it("shows how far it is, what goes on and for how long", () => {
    assert.equal(
      barLine("debian-13", "Unpacking", 0.25, 62_000, 80),
      "debian-13  █████░░░░░░░░░░░░░░░   25 %  Unpacking  1:02",
    );
  });

  it("never fills more than its line, whatever it is told", () => {
    for (const columns of [10, 30, 50, 80]) {
      for (const fraction of [undefined, -1, 0, 0.999, 1, 7]) {
        const line = barLine(
          "name",
          "a message that is long, with a 日本 and\na newline",
          fraction,
          5000,
          columns,
        );
        assert.ok(width(line) < columns, `${columns}: ${line}`);
        assert.ok(!line.includes("\n"));
      }
    }
  });

  it("says 100 % at the end alone", () => {
    assert.match(barLine("x", "", 0.9999, 0, 80), / 99 %/);
    assert.match(barLine("x", "", 1, 0, 80), /100 %/);
  });

  it("moves where nobody knows how far it is", () => {
    const lines = new Set([0, 120, 240, 360].map((elapsed) => barLine("x", "", undefined, elapsed, 80)));
    assert.equal(lines.size, 4);
  });
});

describe("progress on a terminal", () => {
  it("shows nothing for what is over in a moment, then draws over itself and leaves no trace", () => {
    mock.timers.enable({ apis: ["setInterval"] });
    try {
      const { terminal, written } = fakeTerminal(true);
      let now = 0;
      const progress = createProgress(terminal, "web", () => now);
      progress.update("booting", 0.5);
      assert.equal(written(), "");
      now = 500;
      mock.timers.tick(120);
      const drawn = written();
      assert.match(drawn, /^\rweb .* 50 % {2}booting/);
      assert.ok(!drawn.includes("\n"));
      progress.note("a line");
      assert.equal(written(), "\r\u001b[Ka line\n");
      progress.update("booting", 0.6);
      written();
      progress.end();
      assert.equal(written(), "\r\u001b[K");
      now = 1000;
      mock.timers.tick(500);
      assert.equal(written(), "");
    } finally {
      mock.timers.reset();
    }
  });
});

describe("progress elsewhere", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  it("is a line for each new message, and one now and then", () => {
    const { terminal, written } = fakeTerminal(false);
    let now = 0;
    const progress = createProgress(terminal, "web", () => now);
    progress.update("too early");
    progress.update("one", 0.1);
    assert.equal(written(), "");
    now = 1000;
    mock.timers.tick(1000);
    progress.update("one", 0.2);
    now = 2000;
    progress.update("two");
    now = 40_000;
    progress.update("two");
    progress.end();
    assert.equal(written(), "web: one (10 %)\nweb: two\nweb: two\n");
  });

  it("shows nothing for what is over in a moment", () => {
    const { terminal, written } = fakeTerminal(false);
    const progress = createProgress(terminal, "web", () => 0);
    progress.update("booting");
    progress.end();
    mock.timers.tick(1000);
    assert.equal(written(), "");
  });
});
