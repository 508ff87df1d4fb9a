import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { dhcpHosts, dnsHosts } from "./dnsmasq.ts";
import {
  listReservations,
  putReservation,
  releaseMessage,
  removeReservation,
  reservationFiles,
  syncReservations,
} from "./reservations.ts";

const web = { mac: "52:54:00:00:00:01", address: "10.64.5.7", names: ["web", "www"] };
const db = { mac: "52:54:00:00:00:02", address: "10.64.5.8", names: ["db"] };

/** A network's folder as it is while no dnsmasq runs. */
async function place(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), "lodge-test-reservations-"));
  t.after(() => rm(directory, { recursive: true }));
  await mkdir(dhcpHosts(directory));
  await mkdir(dnsHosts(directory));
  return { tag: "abcd", index: 0, subnet: "10.64.5.0/24", directory };
}

describe("a reservation's files", () => {
  it("say what dnsmasq has to know", () => {
    assert.deepEqual(reservationFiles(web), {
      file: "52-54-00-00-00-01",
      dhcp: "52:54:00:00:00:01,10.64.5.7\n",
      dns: "10.64.5.7 web www\n",
    });
    assert.equal(reservationFiles({ ...web, names: [] }).dns, "");
  });

  it("can't be made to say more", () => {
    for (const wrong of [
      { ...web, names: ["web\n192.0.2.1 debian.org"] },
      { ...web, names: ["debian.org"] },
      { ...web, names: ["-web"] },
      { ...web, names: [""] },
      { ...web, mac: "../../../etc/passwd" },
      { ...web, mac: "52:54:00:00:00:01,set:evil" },
      { ...web, address: "10.64.5.7,ignore" },
      { ...web, address: "fe80::1" },
    ]) {
      assert.throws(() => reservationFiles(wrong), RangeError);
    }
  });
});

describe("a DHCPRELEASE", () => {
  it("is laid out as RFC 2131 and 2132 say", () => {
    const message = Buffer.from(releaseMessage("52:54:00:00:00:01", "10.64.5.7", "10.64.5.1"));
    assert.equal(message.length, 300);
    assert.equal(message.subarray(0, 4).toString("hex"), "01010600");
    assert.equal(message.subarray(12, 16).toString("hex"), "0a400507");
    assert.equal(message.subarray(28, 34).toString("hex"), "525400000001");
    assert.equal(message.subarray(236, 250).toString("hex"), "63825363" + "350107" + "36040a400501" + "ff");
  });
});

describe("reservations", () => {
  it("are put, changed, listed and removed", async (t) => {
    const plan = await place(t);
    await putReservation(plan, web);
    await putReservation(plan, db);
    await putReservation(plan, { ...db, address: "10.64.5.9", names: ["data"] });
    assert.deepEqual(
      (await listReservations(plan)).toSorted((a, b) => a.mac.localeCompare(b.mac)),
      [
        { mac: web.mac, address: web.address },
        { mac: db.mac, address: "10.64.5.9" },
      ],
    );
    const dns = join(dnsHosts(plan.directory), "52-54-00-00-00-02");
    assert.equal(await readFile(dns, "utf8"), "10.64.5.9 data\n");
    await removeReservation(plan, db.mac);
    await removeReservation(plan, db.mac);
    assert.deepEqual(await readdir(dnsHosts(plan.directory)), ["52-54-00-00-00-01"]);
    assert.deepEqual(await readdir(dhcpHosts(plan.directory)), ["52-54-00-00-00-01"]);
  });

  it("are synchronised: the missing made, the surplus removed", async (t) => {
    const plan = await place(t);
    await putReservation(plan, web);
    await syncReservations(plan, [db]);
    assert.deepEqual(await listReservations(plan), [{ mac: db.mac, address: db.address }]);
    await syncReservations(plan, []);
    assert.deepEqual(await readdir(dnsHosts(plan.directory)), []);
  });
});
