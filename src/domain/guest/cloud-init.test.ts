import assert from "node:assert/strict";
import { it } from "node:test";
import { PassThrough } from "node:stream";
import { ManualClock } from "#durable/store/manual-clock";
import { parseStatus, statusInside } from "./cloud-init.ts";

type Agent = Parameters<typeof statusInside>[0];

/** An agent whose command says `words` and ends, or says nothing for ever. */
function agentSaying(words: string | undefined): { readonly agent: Agent; readonly gone: () => boolean } {
  let signal: AbortSignal | undefined;
  const exec: Agent["exec"] = async (_start, call) => {
    signal = call.signal;
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const exit = words === undefined ? new Promise<never>(() => undefined) : Promise.resolve({ code: 0 });
    if (words !== undefined) {
      stdout.end(words);
      stderr.end();
    }
    return { stdin: new PassThrough(), stdout, stderr, resize() {}, kill() {}, exit };
  };
  return { agent: { exec }, gone: () => signal?.aborted ?? false };
}

it("a guest that does not say how far its cloud-init is keeps nobody waiting", async () => {
  const clock = new ManualClock();
  const { agent, gone } = agentSaying(undefined);
  const asked = statusInside(agent, clock);
  clock.advance(20_000);
  assert.equal(await asked, undefined);
  assert.ok(gone());
  const answering = agentSaying("status: done\n");
  assert.deepEqual(await statusInside(answering.agent, clock), { status: "done" });
});

it("what cloud-init says of itself is read, whichever version says it", () => {
  assert.deepEqual(
    parseStatus(
      "status: done\ntime: Thu, 01 Jan 2026 00:00:00 +0000\ndetail:\nDataSourceNoCloud [seed=/dev/sr0]\n",
    ),
    { status: "done", detail: "DataSourceNoCloud [seed=/dev/sr0]" },
  );
  assert.deepEqual(parseStatus("status: error\nextended_status: error - done\ndetail: a module failed\n"), {
    status: "error",
    detail: "a module failed",
  });
  assert.equal(parseStatus("sh: cloud-init: not found"), undefined);
});
