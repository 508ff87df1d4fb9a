import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  blockList,
  command,
  devices,
  endOfSection,
  header,
  last,
  mainBlock,
  mainSize,
  page,
  part,
  record,
  sampleBlocks,
  sampleStream,
  smallBlock,
  smallSize,
  start,
  type SamplePage,
} from "./sample-stream.ts";
import { BrokenStream, pageSize, StreamSplitter } from "./stream-splitter.ts";

interface Split {
  /** What fills each page of the main memory; undefined where nothing came. */
  readonly memory: (number | undefined)[];
  readonly kept: Buffer;
}

function split(chunks: readonly Buffer[], block = mainBlock, size = mainSize): Split {
  const memory: (number | undefined)[] = Array.from({ length: size / pageSize });
  const kept: Buffer[] = [];
  const splitter = new StreamSplitter(
    { block, size },
    {
      page(offset, bytes) {
        assert.equal(bytes.length, pageSize);
        assert.ok(bytes.every((byte) => byte === bytes[0]));
        memory[offset / pageSize] = bytes[0];
      },
      zeroPage: (offset) => (memory[offset / pageSize] = 0),
      kept: (bytes) => kept.push(Buffer.from(bytes)),
    },
  );
  for (const chunk of chunks) {
    // The splitter must not hold on to what it was given.
    const own = Buffer.from(chunk);
    splitter.push(own);
    own.fill(0xee);
  }
  splitter.end();
  return { memory, kept: Buffer.concat(kept) };
}

const whole = (...items: Buffer[]) => Buffer.concat([header, start(), ...items]);

describe("a migration stream", () => {
  it("is split into the main memory and a stream with all the rest", () => {
    const stream = sampleStream([
      [
        { block: mainBlock, offset: 0, fill: 1 },
        { offset: pageSize, fill: 2 },
        { block: smallBlock, offset: 0, fill: 3 },
        { block: mainBlock, offset: 2 * pageSize, fill: 0 },
      ],
      [{ offset: 0, fill: 0 }],
    ]);
    const { memory, kept } = split([stream]);
    assert.deepEqual(memory.slice(0, 4), [0, 2, 0, undefined]);
    assert.deepEqual(kept, sampleStream([[{ block: smallBlock, offset: 0, fill: 3 }], []]));
  });

  it("keeps pages of other blocks in place when what they continue is taken out", () => {
    const { kept } = split([
      sampleStream([
        [
          { block: smallBlock, offset: 0, fill: 3 },
          { offset: pageSize, fill: 0 },
          { block: mainBlock, offset: 0, fill: 1 },
        ],
        [
          { block: smallBlock, offset: 2 * pageSize, fill: 4 },
          { offset: 3 * pageSize, fill: 5 },
        ],
      ]),
    ]);
    assert.deepEqual(split([kept], smallBlock, smallSize).memory, [3, 0, 4, 5]);
    assert.deepEqual(split([kept]).memory, Array.from({ length: 8 }));
  });

  it("may say that the devices come, as newer machine types do", () => {
    const items = [blockList(sampleBlocks), endOfSection, command(11), last, endOfSection, devices()];
    assert.deepEqual(split([whole(...items)]).kept, whole(...items));
  });

  it("is split alike however it is cut into chunks", () => {
    const somePage = fc.record({
      main: fc.boolean(),
      index: fc.nat({ max: 3 }),
      fill: fc.constantFrom(0, 1, 0x06, 0x7e, 0xff),
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(fc.array(somePage, { maxLength: 6 }), { minLength: 1, maxLength: 3 }),
        cuts,
        (rounds, sizes) => {
          const memory: (number | undefined)[] = Array.from({ length: mainSize / pageSize });
          const small: SamplePage[][] = [];
          let block = "";
          const stream = sampleStream(
            rounds.map((pages) => {
              const kept: SamplePage[] = [];
              small.push(kept);
              return pages.map(({ main, index, fill }) => {
                const wanted = main ? mainBlock : smallBlock;
                const offset = index * pageSize;
                if (main) memory[index] = fill;
                else kept.push({ block: smallBlock, offset, fill });
                const named = wanted !== block;
                block = wanted;
                return named ? { block, offset, fill } : { offset, fill };
              });
            }),
          );
          const chunks: Buffer[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = sizes[turn % sizes.length]!;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          const result = split(chunks);
          assert.deepEqual(result.memory, memory);
          assert.deepEqual(result.kept, sampleStream(small));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is split alike byte by byte", () => {
    const stream = sampleStream([[{ block: mainBlock, offset: 0, fill: 9 }], []]);
    const bytes = [...stream].map((_, at) => stream.subarray(at, at + 1));
    assert.deepEqual(split(bytes), split([stream]));
  });

  it("that ends too early is told from a whole one, wherever it ends", () => {
    const stream = sampleStream([[{ block: mainBlock, offset: 0, fill: 1 }], []]);
    for (let length = 0; length < stream.length; length++) {
      // A page is a page: its inside needs no thousands of cuts.
      if (length > 200 && length < 4000) continue;
      assert.throws(() => split([stream.subarray(0, length)]), BrokenStream, `${length} bytes`);
    }
    split([stream]);
  });

  const blocks = blockList(sampleBlocks);
  const begun = [blocks, endOfSection, part()];
  const strange: Record<string, { stream: Buffer; says: RegExp }> = {
    "of another version": { stream: Buffer.from("QEVM\0\0\0\u0004\u0007\0\0\0\0"), says: /version 3/ },
    "that is no stream": { stream: Buffer.from("Hello, is this a stream?"), says: /no migration stream/ },
    "without a configuration": {
      stream: Buffer.from("QEVM\0\0\0\u0003\u0001\0\0\0\u0002"),
      says: /configuration/,
    },
    "whose configuration has more to it": {
      stream: Buffer.concat([header, Buffer.from([5, 3, 97, 98, 99])]),
      says: /section of type 0x5/,
    },
    "with other things than memory before the end": {
      stream: Buffer.concat([header, start("dirty-bitmap", 1)]),
      says: /'dirty-bitmap' of version 1/,
    },
    "with memory of another version": { stream: Buffer.concat([header, start("ram", 5)]), says: /version 5/ },
    "with two memories": { stream: whole(blocks, endOfSection, start()), says: /section 'ram'/ },
    "with a part of an unknown section": { stream: whole(blocks, endOfSection, part(9)), says: /mixes up/ },
    "with a command": { stream: whole(blocks, endOfSection, command(1)), says: /command 0x10000/ },
    "with data in a command": { stream: whole(blocks, endOfSection, command(11, 4)), says: /command/ },
    "without the machine's memory": {
      stream: whole(blockList({ rom: pageSize }), endOfSection),
      says: /no memory 'ram'/,
    },
    "with a larger memory": {
      stream: whole(blockList({ [mainBlock]: 2 * mainSize }), endOfSection),
      says: /no memory 'ram' of 32768 bytes/,
    },
    "with a page behind the memory's end": {
      stream: whole(...begun, page({ block: mainBlock, offset: mainSize, fill: 1 })),
      says: /page at 0x8000/,
    },
    "with a page of an unknown block": {
      stream: whole(...begun, page({ block: "disk", offset: 0, fill: 1 })),
      says: /page at 0x0 of 'disk'/,
    },
    "that continues a block before there was one": {
      stream: whole(...begun, page({ offset: 0, fill: 1 })),
      says: /page at 0x0 of ''/,
    },
    "with compressed pages": { stream: whole(...begun, record(0, 0x100)), says: /flags 0x100/ },
    "with deltas of pages": { stream: whole(...begun, record(0, 0x40)), says: /flags 0x40/ },
    "over several channels": { stream: whole(...begun, record(0, 0x200)), says: /flags 0x200/ },
    "with a page filled with ones": {
      stream: whole(
        ...begun,
        Buffer.concat([page({ block: mainBlock, offset: 0, fill: 0 }).subarray(0, -1), Buffer.from([1])]),
      ),
      says: /filled with something else/,
    },
    "with a section without its end": {
      stream: whole(blocks, record(0, 0x10), part()),
      says: /without its end/,
    },
  };
  for (const [what, { stream, says }] of Object.entries(strange)) {
    it(`${what} is refused`, () => {
      assert.throws(
        () => split([stream]),
        (error: unknown) => error instanceof BrokenStream && says.test(error.message),
      );
    });
  }
});
