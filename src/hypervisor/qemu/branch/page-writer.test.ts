import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { PageWriter } from "./page-writer.ts";
import { pageSize } from "./stream-splitter.ts";

describe("pages written to a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "pages-"));
  const path = join(folder, "ram");
  after(() => rmSync(folder, { recursive: true }));

  function written(size: number, work: (writer: PageWriter) => void): Buffer {
    const descriptor = openSync(path, "w+");
    try {
      ftruncateSync(descriptor, size);
      const writer = new PageWriter(descriptor, size);
      work(writer);
      writer.flush();
      return readFileSync(path);
    } finally {
      closeSync(descriptor);
    }
  }

  it("leave holes where there are only zeros", () => {
    const content = written(1024 * pageSize, (writer) => {
      for (let index = 0; index < 1024; index++) writer.zeroPage(index * pageSize);
      writer.page(512 * pageSize, Buffer.alloc(pageSize, 7));
      writer.zeroPage(100 * pageSize);
      assert.equal(writer.pages, 1);
    });
    assert.equal(content[512 * pageSize], 7);
    assert.ok(statSync(path).blocks * 512 <= 64 * 1024);
  });

  it("become zero again", () => {
    const content = written(2 * pageSize, (writer) => {
      writer.page(pageSize, Buffer.alloc(pageSize, 7));
      writer.zeroPage(pageSize);
      writer.zeroPage(0);
    });
    assert.ok(content.every((byte) => byte === 0));
  });

  it("are the last that came, in whatever order", () => {
    const size = 200;
    const step = fc.record({
      from: fc.nat({ max: size - 1 }),
      count: fc.integer({ min: 1, max: 120 }),
      fill: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const expected = Buffer.alloc(size * pageSize);
        const content = written(size * pageSize, (writer) => {
          for (const { from, count, fill } of steps) {
            for (let index = from; index < Math.min(size, from + count); index++) {
              expected.fill(fill, index * pageSize, (index + 1) * pageSize);
              if (fill === 0) writer.zeroPage(index * pageSize);
              else writer.page(index * pageSize, Buffer.alloc(pageSize, fill));
            }
          }
        });
        assert.ok(content.equals(expected));
      }),
      { numRuns: 25 },
    );
  });
});
