import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sheet, table, type Column } from "./table.ts";

interface Row {
  readonly name: string;
  readonly size: number;
  readonly about: string;
}

const columns: readonly Column<Row>[] = [
  { title: "NAME", cell: ({ name }) => name, paint: (shown) => `<${shown}>` },
  { title: "SIZE", cell: ({ size }) => String(size), align: "right" },
  { title: "ABOUT", cell: ({ about }) => about },
];

describe("a table", () => {
  it("has columns as wide as their widest cell, and no blanks at the end of a line", () => {
    const rows = [
      { name: "a", size: 1, about: "first" },
      { name: "longer", size: 1000, about: "" },
    ];
    const plain = columns.map(({ title, cell, align }) => ({ title, cell, ...(align ? { align } : {}) }));
    assert.deepEqual(table(rows, plain), ["NAME    SIZE  ABOUT", "a          1  first", "longer  1000"]);
  });

  it("measures cells before they are coloured, and by what they take on a terminal", () => {
    const lines = table(
      [
        { name: "日本", size: 1, about: "x" },
        { name: "abcde", size: 1, about: "x" },
      ],
      columns,
    );
    assert.deepEqual(lines, ["NAME   SIZE  ABOUT", "<日本>      1  x", "<abcde>     1  x"]);
  });

  it("cuts its last column where the terminal ends", () => {
    const rows = [{ name: "a", size: 1, about: "a long description of it" }];
    const line = table(rows, columns, { columns: 24 })[1];
    assert.equal(line, "<a>        1  a long desc…");
    assert.equal(line?.replace(/[<>]/g, "").length, 24);
  });

  it("lets no cell command the terminal", () => {
    const [, line = ""] = table([{ name: "\u001b[2Jx", size: 1, about: "a\nb\u202e" }], columns);
    assert.ok(!/[\u0000-\u001f\u202e]/.test(line), JSON.stringify(line));
  });
});

describe("a sheet", () => {
  it("puts further lines of a value under the first", () => {
    assert.deepEqual(
      sheet([
        ["name", "web"],
        ["disks", "one\ntwo"],
      ]),
      ["name   web", "disks  one", "       two"],
    );
  });
});
