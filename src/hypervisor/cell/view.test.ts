import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { forgetFile, removeView, setView, show, sweepViews, viewOf, type View } from "./view.ts";

const asRoot = process.getuid?.() === 0;

describe("a cell's view of a folder", () => {
  let root: string;
  let view: View;
  const file = (name: string, text = name) => {
    const path = join(root, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const seen = (name: string) => join(view.folder, name);
  const mode = (path: string) => statSync(path).mode & 0o777;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "lodge-view-"));
    view = viewOf(root, "g1");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("has the named files under their names, at any depth, and no others", () => {
    const [top, below, other] = [file("top"), file("image/disk"), file("other")];
    setView(
      view,
      [
        { path: top, write: true },
        { path: below, write: false },
      ],
      undefined,
    );
    assert.deepEqual(readdirSync(view.folder).toSorted(), ["image", "top"]);
    assert.equal(readFileSync(seen("image/disk"), "utf8"), "image/disk");
    setView(
      view,
      [
        { path: other, write: false },
        { path: top, write: true },
      ],
      undefined,
    );
    assert.ok(!existsSync(seen("image/disk")));
    assert.equal(readFileSync(seen("other"), "utf8"), "other");
  });

  it("shows what is written to either, since both are one file", () => {
    const path = file("top", "before");
    setView(view, [{ path, write: true }], undefined);
    writeFileSync(path, "after");
    assert.equal(readFileSync(seen("top"), "utf8"), "after");
  });

  it("follows a file that was made anew under its name", () => {
    const path = file("top", "old");
    show(view, { path, write: true }, undefined);
    rmSync(path);
    file("top", "new");
    show(view, { path, write: true }, undefined);
    assert.equal(readFileSync(seen("top"), "utf8"), "new");
  });

  it("passes over what does not lie below its root", () => {
    const elsewhere = join(root, "..", "elsewhere");
    setView(view, [{ path: elsewhere, write: false }], undefined);
    assert.deepEqual(readdirSync(view.folder), []);
  });

  it("lets nobody write to what is read, and nobody else read what is written", () => {
    const [top, below] = [file("top"), file("below")];
    setView(
      view,
      [
        { path: top, write: true },
        { path: below, write: false },
      ],
      undefined,
    );
    assert.equal(mode(top), 0o600);
    assert.equal(mode(below), 0o444);
  });

  it(
    "gives what is written to the cell's user, and takes it back once it is only read",
    { skip: !asRoot },
    () => {
      const top = file("top");
      show(view, { path: top, write: true }, 12_345);
      assert.equal(statSync(top).uid, 12_345);
      show(view, { path: top, write: false }, 23_456);
      assert.equal(statSync(top).uid, 0);
      assert.equal(mode(top), 0o444);
    },
  );

  it("keeps no removed file's space", () => {
    const path = file("top");
    for (const id of ["g1", "g2"]) show(viewOf(root, id), { path, write: true }, undefined);
    rmSync(path);
    forgetFile(path);
    assert.deepEqual(readdirSync(view.folder), []);
    assert.deepEqual(readdirSync(viewOf(root, "g2").folder), []);
  });

  it("goes with its cell, and the folder of views with the last", () => {
    const path = file("top");
    for (const id of ["g1", "g2", "g3"]) show(viewOf(root, id), { path, write: true }, undefined);
    removeView(view);
    assert.ok(!existsSync(view.folder));
    sweepViews(root, (id) => id === "g2");
    assert.deepEqual(readdirSync(join(root, ".cells")), ["g2"]);
    removeView(viewOf(root, "g2"));
    removeView(viewOf(root, "g2"));
    assert.deepEqual(readdirSync(root), ["top"]);
  });
});
