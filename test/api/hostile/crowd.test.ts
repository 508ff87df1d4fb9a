/** Do ten thousand connections that only stand there take anything from somebody else? */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createInterface } from "node:readline";
import { guestRecords } from "../../fakes/guest-records.ts";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { addPerson, bugsOf, memoryOf, openFiles, othersAreServed, signIn, tell, until } from "./bystander.ts";

const MiB = 1_048_576;
const program = join(import.meta.dirname, "idle-crowd.ts");

interface Crowd {
  readonly child: ChildProcess;
  /** Resolves once all of them were tried: how many stood at once, and how many do now. */
  readonly stood: Promise<{ most: number; standing: number }>;
}

/** Bytes that a process at rest may not have given back yet, since nothing has made it look for them: 63 MiB were seen. */
const spare = 96 * MiB;

/** Each has a limit of files of its own, the highest that the system allows. */
function gather(url: string, count: number, address: string, token?: string): Crowd {
  const { port } = new URL(url);
  const words = [port, String(count), address, ...(token === undefined ? [] : [token])];
  const child = spawn(
    "sh",
    ["-c", 'ulimit -n "$(ulimit -H -n)" && exec "$@"', "sh", process.execPath, program, ...words],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const lines = createInterface({ input: child.stdout });
  const stood = once(lines, "line").then(
    ([line]) => JSON.parse(String(line)) as { most: number; standing: number },
  );
  return { child, stood };
}

async function disperse(crowds: readonly Crowd[]): Promise<void> {
  await Promise.all(
    crowds.map(async ({ child }) => {
      const gone = once(child, "exit");
      child.stdin?.end();
      await gone;
    }),
  );
}

describe("ten thousand connections that do nothing", () => {
  let daemon: FakedDaemon;
  let url = "";
  let quiet = 0;
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true, records: guestRecords(100) });
    await addPerson(daemon, "bystander");
    url = await daemon.url();
    await othersAreServed(url);
    await until(() => openFiles(daemon) < 100, "a quiet daemon");
    quiet = openFiles(daemon);
  });
  after(() => daemon.close());

  it("leave others their answers while they stand, and the daemon its memory when they are gone", async () => {
    const before = memoryOf(daemon);
    const crowds = [1, 2, 3, 4].map((at) => gather(url, 2_500, `127.0.0.${at}`));
    // Also while they come, which is when the daemon has most to do with them.
    await othersAreServed(url);
    const stood = await Promise.all(crowds.map((crowd) => crowd.stood));
    assert.ok(
      stood.reduce((sum, { most }) => sum + most, 0) >= 2_000,
      `too few stood to try anything: ${JSON.stringify(stood)}`,
    );
    assert.ok(openFiles(daemon) - quiet > 1_000);
    for (let round = 0; round < 3; round++) await othersAreServed(url);
    // And who shares his address with them is let in as well: of his own kind, who do nothing, one makes way.
    const neighbour = await signIn(url, "bystander", "127.0.0.1");
    assert.equal(
      (await tell(url, { path: "/v1/guests?limit=1", headers: { cookie: neighbour }, from: "127.0.0.1" }))
        .status,
      200,
    );
    await disperse(crowds);
    await until(() => openFiles(daemon) <= quiet + 5, "the end of every connection");
    await until(() => memoryOf(daemon) - before < spare, "the end of what they took of memory");
  });

  it("are, as WebSockets, no more than one person's share of them", async () => {
    const before = memoryOf(daemon);
    const tokens: string[] = [];
    for (const name of ["one", "two", "three", "four"])
      tokens.push((await daemon.client.call("tokenCreate", { body: { name, role: "viewer" } })).secret);
    const crowds = tokens.map((token, at) => gather(url, 2_500, `127.0.1.${at}`, token));
    await othersAreServed(url);
    const stood = await Promise.all(crowds.map((crowd) => crowd.stood));
    for (const { standing } of stood) assert.ok(standing > 200, JSON.stringify(stood));
    await until(() => openFiles(daemon) - quiet <= 4 * 256 + 5, "a share for each");
    for (let round = 0; round < 3; round++) await othersAreServed(url);
    await disperse(crowds);
    await until(() => openFiles(daemon) <= quiet + 5, "the end of every connection");
    await until(() => memoryOf(daemon) - before < spare, "the end of what they took of memory");
    assert.deepEqual(bugsOf(daemon).slice(0, 3), []);
  });
});
