import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExposition } from "../../../test/fakes/parse-exposition.ts";
import { exposition } from "./exposition.ts";
import { Latency } from "./latency.ts";

test("what is written is what a reader finds, whatever stands in it", () => {
  const value = 'a "b"\\c\nd{e="f"} 1';
  const text = exposition([
    {
      name: "x_total",
      help: "Two\nlines \\ here.",
      type: "counter",
      samples: [{ labels: { value }, value: 2.5 }],
    },
    { name: "empty", help: "Nothing.", type: "gauge", samples: [] },
  ]);
  const found = parseExposition(text);
  assert.deepEqual([...found.keys()], ["x_total"]);
  assert.deepEqual(found.get("x_total")?.samples, [{ name: "x_total", labels: { value }, value: 2.5 }]);
  assert.equal(found.get("x_total")?.help, "Two\nlines \\ here.");
});

test("each request counts in every bucket that is wide enough, and none is lost", () => {
  const latency = new Latency();
  for (const seconds of [0.0001, 0.001, 0.02, 3, 1000]) latency.observe("guestGet", "GET", "2xx", seconds);
  latency.observe("guestGet", "GET", "4xx", 1);
  const found = parseExposition(exposition([latency.metric()]));
  const samples = found.get("lodge_http_request_duration_seconds")?.samples ?? [];
  const bucket = (le: string) =>
    samples.find(({ labels }) => labels["le"] === le && labels["status"] === "2xx")?.value;
  assert.deepEqual(["0.001", "0.01", "0.025", "5", "10", "+Inf"].map(bucket), [2, 2, 3, 4, 4, 5]);
  const count = samples.filter(({ name }) => name.endsWith("_count")).map(({ value }) => value);
  assert.deepEqual(count, [5, 1]);
});
