/** The operation that recover-crash.test.ts lets a process of its own be killed in. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { openSqliteStore } from "../store/sqlite.ts";
import { defineOperation, OperationRegistry } from "./define.ts";
import { OperationEngine } from "./engine.ts";

/** Makes two files; where it shall hang, its second step says so when it is half done. */
const makeFiles = (hang: boolean) =>
  defineOperation<{ folder: string }, { first: string }>({
    kind: "files.make",
    steps: [
      {
        name: "first",
        do: async ({ input }) => {
          await writeFile(join(input.folder, "first"), "");
          return { first: "made" };
        },
        undo: ({ input }) => rm(join(input.folder, "first"), { force: true }),
      },
      {
        name: "second",
        do: async ({ input }) => {
          await writeFile(join(input.folder, "second"), "");
          if (hang) process.stdout.write("hanging\n");
          if (hang) await new Promise(() => undefined);
        },
        undo: async ({ input, state }) => {
          assert.equal(state.first, "made");
          await rm(join(input.folder, "second"), { force: true });
        },
      },
    ],
  });

export async function startEngine(path: string, hang: boolean) {
  const store = await openSqliteStore(path);
  const definition = makeFiles(hang);
  const registry = new OperationRegistry().add(definition);
  const engine = new OperationEngine({ store, registry, clock: systemClock, log: silentLog });
  return { store, engine, definition, recovered: await engine.recover() };
}

/** What the child process does until it is killed. */
export async function startAndHang(path: string, input: { folder: string }): Promise<void> {
  const { engine, definition } = await startEngine(path, true);
  await engine.start(definition, input, { targets: ["files:all"] });
}
