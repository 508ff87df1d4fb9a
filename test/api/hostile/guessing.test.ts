/** Does somebody who tries passwords from many places at once keep others from signing in? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { guestRecords } from "../../fakes/guest-records.ts";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import {
  addPerson,
  assertTellsNothing,
  bugsOf,
  memoryOf,
  othersAreServed,
  ownPage,
  tell,
} from "./bystander.ts";

const MiB = 1_048_576;
const places = 3;
const triesOfEach = 25;

describe("many attempts to sign in at once", () => {
  let daemon: FakedDaemon;
  let url = "";
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true, records: guestRecords(3) });
    for (const name of ["bystander", "anna"]) await addPerson(daemon, name);
    url = await daemon.url();
  });
  after(() => daemon.close());

  it("are looked at so often and no more, tell nothing, and leave others their turn", async () => {
    const before = memoryOf(daemon);
    const body = (name: string) => JSON.stringify({ name, password: "not the right one" });
    const attempts = Array.from({ length: places * triesOfEach }, (_, at) =>
      tell(url, {
        method: "POST",
        path: "/v1/session",
        headers: ownPage(url),
        body: body(at % 7 === 0 ? "anna" : `nobody-${at}`),
        // Whoever guesses may wait: each look at a password is one of two at a time.
        patience: 240_000,
        from: `127.0.2.${at % places}`,
      }),
    );
    const all = Promise.all(attempts);
    let over = false;
    const done = all.then((answers) => {
      over = true;
      return answers;
    });
    await othersAreServed(url);
    assert.equal(over, false, "nothing was tried while others were served");
    const answers = await done;
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401, 429]));
    for (const { text } of answers) assertTellsNothing(text, daemon);
    // An account that is there and one that is not are told of in the same words.
    const words = answers
      .filter(({ status }) => status === 401)
      .map(({ text }) => (JSON.parse(text) as { code: string; message: string }).message);
    assert.equal(new Set(words).size, 1);
    const looked = answers.filter(({ status }) => status === 401).length;
    assert.ok(looked <= places * 21, `${looked} were looked at`);
    for (const { status, headers } of answers)
      if (status === 429) assert.match(headers["retry-after"] ?? "", /^\d+$/);
    assert.ok(memoryOf(daemon) - before < 256 * MiB, "each attempt has memory of its own");
    assert.deepEqual(bugsOf(daemon).slice(0, 3), []);
  });
});
