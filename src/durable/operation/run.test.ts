/** Operations made for the purpose, each against the whole conformance suite. */
import assert from "node:assert/strict";
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Operation } from "#contract/operation";
import type { Store } from "../store/store.ts";
import { put, update } from "../store/update.ts";
import { operationConformance, type OperationWorld } from "./conformance.ts";
import { defineOperation } from "./define.ts";

interface MoveInput {
  readonly folder: string;
  readonly name: string;
}

interface MoveState {
  readonly files: number;
  readonly ownerRevision: number;
}

const removeOwn = async (store: Store, key: string, owner: string): Promise<void> => {
  await update<string>(store, key, (value) => (value === owner ? undefined : value));
};

/** Moves a "house" to a new folder: names are reserved in the store, files copied, the owner changed last. */
const defineMove = (store: Store, journal: "steps" | "ends") =>
  defineOperation<MoveInput, MoveState, { files: number }>({
    kind: "house.move",
    journal,
    steps: [
      {
        name: "reserve the name",
        do: async ({ input, save, operationId }) => {
          const key = `names/${input.name}`;
          await save({}, { compare: [{ key, revision: "absent" }], put: [{ key, value: operationId }] });
        },
        // Only its own: this runs, too, when the name was somebody else's.
        undo: ({ input, operationId }) => removeOwn(store, `names/${input.name}`, operationId),
      },
      {
        name: "make the folder",
        do: ({ input }) => mkdir(join(input.folder, "new")).then(() => undefined),
        undo: ({ input }) => rm(join(input.folder, "new"), { recursive: true, force: true }),
      },
      {
        name: "copy",
        do: async ({ input, save, progress, signal }) => {
          const names = await readdir(join(input.folder, "old"));
          for (const [i, name] of names.entries()) {
            signal.throwIfAborted();
            await writeFile(join(input.folder, "new", name), await readFile(join(input.folder, "old", name)));
            progress({ fraction: i / names.length, message: name });
            await save({ files: i + 1 });
          }
          return { ownerRevision: (await store.get("owner"))!.revision };
        },
      },
      {
        name: "hand over",
        commitPoint: true,
        cancellable: false,
        do: async ({ state, commit }) => {
          const compare = [{ key: "owner", revision: state.ownerRevision! }];
          await commit({ compare, put: [{ key: "owner", value: "new" }] });
        },
      },
      {
        name: "clear the old folder",
        do: ({ input }) => rm(join(input.folder, "old"), { recursive: true, force: true }),
      },
    ],
    result: ({ state }) => ({ files: state.files! }),
  });

async function moveWorld(store: Store, journal: "steps" | "ends"): Promise<OperationWorld> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-move-"));
  await mkdir(join(folder, "old"));
  for (const name of ["bed", "chair", "table"]) await writeFile(join(folder, "old", name), name);
  await put(store, "owner", "old");
  const observe = async () => ({
    files: (await readdir(folder, { recursive: true })).toSorted(),
    names: (await store.list("names/")).items,
    owner: (await store.get("owner"))?.value,
  });
  return {
    define: () => defineMove(store, journal),
    input: { folder, name: "home" },
    targets: ["house:home"],
    observe,
    assertDone: async (operation: Operation) => {
      const { files, names, owner } = await observe();
      assert.deepEqual(files, ["new", "new/bed", "new/chair", "new/table"]);
      assert.equal(names.length, 1);
      assert.equal(owner, "new");
      assert.deepEqual(operation.result, { files: 3 });
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

operationConformance("an operation with a commit point", (store) => moveWorld(store, "steps"));
operationConformance("a quick operation", (store) => moveWorld(store, "ends"));

/** Fetches parts into a file; what is there already is not fetched again. */
const defineFetch = (folder: string) =>
  defineOperation<{ parts: number }, { next: number }>({
    kind: "file.fetch",
    resume: "forward",
    steps: [
      {
        name: "fetch",
        do: async ({ input, state, save }) => {
          for (let i = state.next ?? 0; i < input.parts; i++) {
            await writeFile(join(folder, `part-${i}`), `${i}`);
            await save({ next: i + 1 });
          }
        },
        undo: async ({ input }) => {
          for (let i = 0; i < input.parts; i++) await rm(join(folder, `part-${i}`), { force: true });
        },
      },
      {
        name: "mark complete",
        do: () => writeFile(join(folder, "complete"), ""),
        undo: () => rm(join(folder, "complete"), { force: true }),
      },
    ],
  });

operationConformance("an operation that resumes forward", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-fetch-"));
  return {
    define: () => defineFetch(folder),
    input: { parts: 3 },
    targets: ["file:a"],
    observe: () => readdir(folder),
    assertDone: async () => {
      await access(join(folder, "complete"));
      assert.equal((await readdir(folder)).length, 4);
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});

/** A commit point without a `commit` of its own: passed when its step has ended. */
const defineSwitch = (store: Store) =>
  defineOperation<{ key: string }>({
    kind: "lamp.switch",
    steps: [
      {
        name: "switch on",
        commitPoint: true,
        do: async ({ input }) => void (await put(store, input.key, "on")),
        undo: async ({ input }) => void (await put(store, input.key, "off")),
      },
      { name: "write it down", do: async () => void (await put(store, "lamps/known", true)) },
    ],
  });

operationConformance("an operation that commits by ending a step", async (store) => {
  await put(store, "lamps/1", "off");
  const observe = async () => (await store.list("lamps/")).items.map(({ key, value }) => [key, value]);
  return {
    define: () => defineSwitch(store),
    input: { key: "lamps/1" },
    targets: ["lamp:1"],
    observe,
    assertDone: async () =>
      assert.deepEqual(await observe(), [
        ["lamps/1", "on"],
        ["lamps/known", true],
      ]),
  };
});
