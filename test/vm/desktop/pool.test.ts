/**
 * Does whoever clicks get a desktop, whatever there is of standbys, and whatever becomes of the daemon meanwhile? By the tiny guest,
 * whose screen is drawn from the start.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { TestLodge, tinyMemory } from "../daemon.ts";
import { addTinyImage } from "../furnish.ts";
import { Viewer } from "../console/viewer.ts";
import { asDesktop } from "./as-desktop.ts";

type Pool = Schemas["DesktopPool"];

describe("a desktop pool", () => {
  let lodge: TestLodge;
  let pool: Pool;
  before(async () => {
    lodge = await TestLodge.start(undefined, { prepare: (store) => asDesktop(store, "tiny") });
    const body = { name: "office", image: "tiny", memory: tinyMemory, entitled: { everyone: true } };
    pool = await lodge.client.call("desktopPoolCreate", { body: { ...body, standby: { count: 2 } } });
  });
  after(async () => {
    for (const { id } of (await lodge?.client.call("desktopPoolList")) ?? []) await removePool(id);
    await lodge?.[Symbol.asyncDispose]();
  });

  const look = () => lodge.client.call("desktopPoolGet", { params: { desktopPool: pool.id } });
  const until = async (what: string, is: (now: Pool) => boolean) => {
    for (let i = 0; i < 1200; i++) {
      const now = await look();
      if (is(now)) return now;
      await delay(100);
    }
    assert.fail(`${what}: ${JSON.stringify(await look())}\n${await lodge.log()}`);
  };
  const connect = (offer = "office") =>
    lodge.client.call("myDesktopConnect", { params: { offer }, body: {} });
  const watch = ({ desktop, ticket }: Schemas["DesktopConnection"]) =>
    Viewer.open(lodge.paths.socket, `/v1/guests/${desktop.guest}/display?ticket=${ticket}`);
  const signOff = (offer = "office") => lodge.client.call("myDesktopSignOff", { params: { offer } });
  const becomes = async (guest: string, state: Schemas["Guest"]["state"]) => {
    while ((await lodge.guest(guest)).state !== state) await delay(50);
  };
  const removePool = (desktopPool: string) =>
    lodge.done(lodge.client.call("desktopPoolDelete", { params: { desktopPool }, query: { force: true } }));
  const gone = async (guest: string) => {
    for (;;) {
      const found = await lodge.guest(guest).catch((error: unknown) => hasCode(error, "guest.not_found"));
      if (found === true) return;
      await delay(50);
    }
  };

  it("has standbys, which are forked, drawn and stand still", async () => {
    await until("two are ready", ({ ready }) => ready === 2);
    const guests = (await lodge.client.call("guestList")).filter(({ desktop }) => desktop);
    assert.deepEqual(
      guests.map(({ state, origin, desktop }) => [state, origin.how, desktop?.state]),
      [
        ["paused", "fork", "standby"],
        ["paused", "fork", "standby"],
      ],
    );
  });

  it("hands a standby to whoever clicks, who sees it, and makes another", async () => {
    const connection = await connect();
    const viewer = await watch(connection);
    await viewer.until("there is a picture", () => viewer.picture.rgb.some(Boolean));
    assert.equal(connection.desktop.state, "ready");
    assert.equal((await lodge.guest(connection.desktop.guest!)).desktop?.state, "taken");
    await lodge.sh(connection.desktop.guest!, "echo mine >/tmp/own");
    viewer.socket.terminate();
    await until("refilled", ({ ready, desktops }) => ready === 2 && desktops === 1);
  });

  it("leads him back to the same", async () => {
    const [first, second] = await Promise.all([connect(), connect()]);
    assert.equal(first.desktop.id, second.desktop.id);
    assert.equal(await lodge.sh(first.desktop.guest!, "cat /tmp/own"), "mine");
    await lodge.done(lodge.client.call("guestSuspend", { params: { guest: first.desktop.guest! } }));
    const again = await connect();
    assert.equal(again.desktop.guest, first.desktop.guest);
    assert.equal((await lodge.guest(again.desktop.guest!)).state, "running");
  });

  it("gives a new one in its place, and leaves nothing of the old one", async () => {
    const { desktop } = await connect();
    const reset = await lodge.client.call("myDesktopReset", { params: { offer: "office" } });
    assert.notEqual(reset.guest, desktop.guest);
    await gone(desktop.guest!);
    await signOff();
    await gone(reset.guest!);
    await until("nobody has one", ({ desktops, ready }) => desktops === 0 && ready === 2);
  });

  it("forks one for whoever comes when no standby is there", async () => {
    const params = { desktopPool: pool.id };
    await lodge.client.call("desktopPoolUpdate", { params, body: { standby: { count: 0 } } });
    await until("none is left", ({ ready, making }) => ready + making === 0);
    const { desktop } = await connect();
    assert.equal((await lodge.guest(desktop.guest!)).origin.how, "fork");
    await lodge.client.call("guestStop", { params: { guest: desktop.guest! }, body: {} });
    await gone(desktop.guest!);
    await until("he left it", ({ desktops }) => desktops === 0);
    await lodge.client.call("desktopPoolUpdate", { params, body: { standby: { count: 1 } } });
    await until("one is ready", ({ ready }) => ready === 1);
  });

  it("gives one that is had to nobody twice, nor loses it, when the daemon is killed in the midst of it", async () => {
    for (let i = 0; i < 3; i++) {
      const asked = connect().catch(() => undefined);
      await delay(5 + 20 * i);
      await lodge.end();
      await asked;
      await lodge.start();
      const { desktop } = await connect();
      const all = await lodge.client.call("desktopList", { query: {} });
      assert.deepEqual(
        all.filter(({ state }) => state !== "ending").map(({ id }) => id),
        [desktop.id],
      );
      await lodge.sh(desktop.guest!, "true");
      await signOff();
      await gone(desktop.guest!);
    }
    await until("all is as before", ({ ready, desktops }) => ready === 1 && desktops === 0);
  });

  it("makes its standbys anew when it becomes another", async () => {
    const params = { desktopPool: pool.id };
    await lodge.client.call("desktopPoolUpdate", { params, body: { policy: { clipboard: "in" } } });
    await until(
      "one of the new kind is ready",
      ({ ready, revision }) => ready === 1 && revision > pool.revision,
    );
    const [standby] = (await lodge.client.call("guestList")).filter(({ desktop }) => desktop);
    assert.equal(standby!.clipboard, "in");
  });

  it("makes them anew of an image that was built anew, and ends open ones in waves", async () => {
    const { desktop } = await connect();
    const { revision } = await look();
    await lodge.end("SIGTERM");
    await lodge.withStore(async (store) => {
      await addTinyImage(store, lodge.paths, "tiny");
      await asDesktop(store, "tiny");
    });
    await lodge.start();
    await until("one of the new image is ready", (now) => now.ready === 1 && now.revision > revision);
    assert.equal((await look()).outdated, 1);
    const standbys = (await lodge.client.call("guestList")).filter((one) => one.desktop?.state === "standby");
    assert.deepEqual(
      standbys.map(({ origin }) => origin.how),
      ["fork"],
    );
    const body = { rollOut: { by: "wave", atOnce: 1, notice: 0 } } as const;
    await lodge.client.call("desktopPoolUpdate", { params: { desktopPool: pool.id }, body });
    await gone(desktop.guest!);
    await until("his is of the old one no more", ({ desktops, outdated }) => desktops + outdated === 0);
  });

  it("of assigned guests has each suspended when nobody watches it, woken for its user, and shut down at sign-off", async () => {
    const standby = { count: 0 };
    const shape = { image: "tiny", memory: tinyMemory, keeps: "guest", standby } as const;
    const body = { name: "own", ...shape, rules: { suspend: 1 }, entitled: { everyone: true } };
    await lodge.client.call("desktopPoolCreate", { body });
    const first = await connect("own");
    const guest = first.desktop.guest!;
    await lodge.sh(guest, "echo mine >/tmp/own");
    const viewer = await watch(first);
    await viewer.until("there is a picture", () => viewer.picture.rgb.some(Boolean));
    viewer.socket.terminate();
    await becomes(guest, "suspended");
    assert.equal((await connect("own")).desktop.guest, guest);
    assert.equal(await lodge.sh(guest, "cat /tmp/own"), "mine");
    await signOff("own");
    await becomes(guest, "stopped");
    const back = await connect("own");
    assert.deepEqual([back.desktop.id, back.desktop.guest], [first.desktop.id, guest]);
    await becomes(guest, "running");
    await removePool("own");
    await gone(guest);
  });

  it("of a guest makes branches of it, with its programs open", async () => {
    await lodge.run({ name: "lab" });
    await lodge.sh("lab", "echo open >/tmp/document");
    const body = { name: "class", guest: "lab", entitled: { everyone: true } };
    await lodge.client.call("desktopPoolCreate", { body });
    for (let i = 0; i < 2; i++) {
      const { desktop } = await connect("class");
      assert.equal((await lodge.guest(desktop.guest!)).origin.parent, "lab");
      assert.equal(await lodge.sh(desktop.guest!, "cat /tmp/document; echo done >/tmp/document"), "open");
      await signOff("class");
      await gone(desktop.guest!);
    }
    await removePool("class");
  });

  it("goes with all that it has", async () => {
    const { desktop } = await connect();
    const params = { desktopPool: pool.id };
    await assert.rejects(lodge.done(lodge.client.call("desktopPoolDelete", { params })), {
      code: "desktop_pool.in_use",
    });
    await removePool(pool.id);
    await gone(desktop.guest!);
    assert.deepEqual(
      (await lodge.client.call("guestList")).filter((guest) => guest.desktop),
      [],
    );
  });
});
