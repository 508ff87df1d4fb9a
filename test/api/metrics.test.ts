/** Can Prometheus read what is at /metrics, and Grafana show it? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { guestRecords } from "../fakes/guest-records.ts";
import { parseExposition, type ParsedMetric } from "../fakes/parse-exposition.ts";

const dashboard = join(import.meta.dirname, "../../packaging/grafana/lodge.json");

describe("metrics", () => {
  let daemon: FakedDaemon;
  let url = "";
  let metrics = new Map<string, ParsedMetric>();
  const authorization = async () => ({ authorization: `Bearer ${await daemon.token()}` });
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true, records: guestRecords(3) });
    url = await daemon.url();
    await daemon.image("tiny", "none");
    const body = { image: "tiny", name: "busy", memory: 16_777_216, cpus: 2 };
    await daemon.client.waitFor(await daemon.client.call("guestCreate", { body }));
    const response = await fetch(`${url}/metrics`, { headers: await authorization() });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    metrics = parseExposition(await response.text());
  });
  after(() => daemon.close());

  const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
    metrics
      .get(name)
      ?.samples.find((sample) =>
        Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
      )?.value;

  it("are for those who may read, not for strangers", async () => {
    assert.equal((await fetch(`${url}/metrics`)).status, 401);
  });

  it("tell of each guest what it has and takes", () => {
    const busy = { guest: "busy", project: "default" };
    assert.equal(value("lodge_guest_state", { ...busy, state: "running" }), 1);
    assert.equal(value("lodge_guest_state", { guest: "guest-00001", state: "stopped" }), 1);
    assert.equal(value("lodge_guests", { state: "stopped" }), 3);
    assert.equal(value("lodge_guests", { state: "crashed" }), 0);
    assert.equal(value("lodge_guest_vcpus", busy), 2);
    assert.equal(value("lodge_guest_memory_bytes", busy), 16_777_216);
    assert.ok((value("lodge_guest_cpu_seconds_total", busy) ?? 0) > 0);
    assert.ok((value("lodge_guest_memory_resident_bytes", busy) ?? 0) > 0);
    assert.ok((value("lodge_guest_disk_read_bytes_total", busy) ?? 0) > 0);
    assert.equal(value("lodge_guest_cpu_seconds_total", { guest: "guest-00001" }), undefined);
  });

  it("tell of the host, the API and the daemon", () => {
    assert.ok((value("lodge_host_cpus") ?? 0) >= 1);
    assert.ok((value("lodge_host_memory_bytes") ?? 0) > (value("lodge_host_memory_available_bytes") ?? 0));
    assert.ok((value("lodge_host_disk_free_bytes") ?? 0) > 0);
    const created = { route: "guestCreate", method: "POST", status: "2xx" };
    assert.equal(value("lodge_http_request_duration_seconds", { ...created, le: "+Inf" }), 1);
    assert.ok((value("process_resident_memory_bytes") ?? 0) > 0);
    assert.ok((value("lodge_operations", { status: "succeeded" }) ?? 0) >= 2);
  });

  it("have names as the ecosystem has them", () => {
    for (const [name, { type, help }] of metrics) {
      assert.match(name, /^(lodge|process)_[a-z_]+$/);
      assert.equal(name.endsWith("_total"), type === "counter", name);
      assert.match(help, /^[A-Z].*\.$/);
      assert.doesNotMatch(name, /_(milliseconds|kib|mib|percent)/);
    }
  });

  it("are all that the dashboard asks for", () => {
    const text = readFileSync(dashboard, "utf8");
    const { panels } = JSON.parse(text) as {
      panels: { targets?: { expr: string }[]; gridPos: { x: number; w: number } }[];
    };
    const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    assert.ok(asked.length >= 8);
    const names = new Set(asked.flatMap((expr) => expr.match(/\b(lodge|process)_[a-z_]+/g) ?? []));
    const served = new Set(
      [...metrics].flatMap(([name, { type, samples }]) =>
        type === "histogram" ? samples.map((sample) => sample.name) : [name],
      ),
    );
    // What only a NAT network has, no guest here has had.
    for (const name of names)
      if (!name.startsWith("lodge_guest_network_")) assert.ok(served.has(name), `${name} is not served`);
    for (const { gridPos } of panels) assert.ok(gridPos.x + gridPos.w <= 24);
  });
});
