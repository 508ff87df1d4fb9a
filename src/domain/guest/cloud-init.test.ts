import assert from "node:assert/strict";
import { it } from "node:test";
import { parseStatus } from "./cloud-init.ts";

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
