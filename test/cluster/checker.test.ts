/** Does a guest run once, and is everything there that was acknowledged, whatever befalls the hosts? A short look; `run.ts` takes a long one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { check } from "./checker/check.ts";
import { summary } from "./checker/analysis.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

describe("guests under faults", { skip }, () => {
  it("of one host run once, and keep all that was acknowledged", async () => {
    const say = (line: string) => console.log(line);
    const { history, violations } = await check({ seed: 5, minutes: 1, hosts: 1, guests: 3, say });
    summary(history).forEach(say);
    assert.deepEqual(violations, []);
    assert.ok(history.faults.length > 2 && history.acknowledged.length > 100, "nothing was tried");
  });
});
