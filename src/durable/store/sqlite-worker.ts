/** The thread that owns the database. Protocol: sqlite-protocol.ts. */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { asLodgeError } from "#contract/errors";
import { SqliteDatabase } from "./sqlite-database.ts";
import type { Answer, CallName, OpenData, Reply, Request } from "./sqlite-protocol.ts";
import { storeError } from "./sqlite-schema.ts";

const port = parentPort!;
const data = workerData as OpenData;

/** Calls that cannot be part of a group: SQLite copies and closes only outside of a transaction. */
const alone: ReadonlySet<CallName> = new Set<CallName>(["backup", "close"]);

const failure = (id: number, error: unknown): Reply => ({
  id,
  problem: (isOfSqlite(error) ? storeError(error, data.path) : asLodgeError(error)).toProblem(),
});

/** Did SQLite or the file system fail, rather than the call? */
const isOfSqlite = (error: unknown): boolean =>
  error instanceof Error && ("errcode" in error || "syscall" in error);

function call(database: SqliteDatabase, { id, name, args }: Request): Reply {
  const method = database[name] as (...args: unknown[]) => unknown;
  return { id, value: method.apply(database, args) };
}

/** Runs one call; what SQLite itself says is not this call's failure but the whole group's. */
function callInGroup(database: SqliteDatabase, request: Request): Reply {
  try {
    return call(database, request);
  } catch (error) {
    if (isOfSqlite(error)) throw error;
    return failure(request.id, error);
  }
}

function runGroup(database: SqliteDatabase, group: readonly Request[]): Answer {
  try {
    database.begin();
    const replies = group.map((request) => callInGroup(database, request));
    return { batches: database.commit(), replies };
  } catch (error) {
    const replies = group.map(({ id }) => failure(id, error));
    try {
      database.rollback();
    } catch {
      // The database is beyond reading, too; the replies say what happened first.
    }
    return { batches: [], replies };
  }
}

function runAlone(database: SqliteDatabase, request: Request): Answer {
  try {
    return { batches: [], replies: [call(database, request)] };
  } catch (error) {
    return { batches: [], replies: [failure(request.id, error)] };
  }
}

/** The request that woke the thread and those that have come since. */
function takeAll(first: Request): Request[] {
  const requests = [first];
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    requests.push(next.message as Request);
  }
  return requests;
}

function serve(database: SqliteDatabase): void {
  port.on("message", (first: Request) => {
    let group: Request[] = [];
    const flush = () => {
      if (group.length > 0) port.postMessage(runGroup(database, group));
      group = [];
    };
    for (const request of takeAll(first)) {
      if (!alone.has(request.name)) {
        group.push(request);
        continue;
      }
      flush();
      port.postMessage(runAlone(database, request));
      if (request.name === "close") port.close();
    }
    flush();
  });
}

try {
  serve(new SqliteDatabase(data));
} catch (error) {
  port.once("message", ({ id }: Request) => {
    port.postMessage({ batches: [], replies: [failure(id, error)] } satisfies Answer);
    port.close();
  });
}
