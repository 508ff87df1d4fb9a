/** Is a home on disposable desktops there again, whatever became of the desktop that had it, and is it never in two? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";
import { asDesktop } from "../desktop/as-desktop.ts";

type Desktop = Schemas["Desktop"];

describe("a home", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { prepare: (store) => asDesktop(store, "tiny") });
    await lodge.client.call("desktopPoolCreate", {
      body: {
        name: "office",
        image: "tiny",
        keeps: "home",
        homeSize: 32 * MiB,
        memory: tinyMemory,
        sound: false,
        standby: { count: 0 },
        entitled: { everyone: true },
      },
    });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const pool = () => lodge.client.call("desktopPoolGet", { params: { desktopPool: "office" } });
  const offer = async () => ({ params: { offer: (await pool()).id } });
  const connect = async () =>
    (await lodge.client.call("myDesktopConnect", { ...(await offer()), body: { wait: 60 } })).desktop;
  const get = (desktop: string) => lodge.client.call("desktopGet", { params: { desktop } });
  /** With its home. */
  const ready = async (): Promise<Desktop> => {
    const { id } = await connect();
    for (;;) {
      const desktop = await get(id);
      if (desktop.home?.state === "there") return desktop;
      assert.ok(desktop.home?.state !== "failed", `${desktop.home?.message}`);
      await delay(50);
    }
  };
  const signOff = async ({ id }: Desktop): Promise<void> => {
    await lodge.client.call("myDesktopSignOff", await offer());
    for (;;) {
      const gone = await get(id).then(
        () => false,
        (error: unknown) => hasCode(error, "desktop.not_found"),
      );
      if (gone) return;
      await delay(50);
    }
  };
  const sh = ({ guestName }: Desktop, script: string) => lodge.sh(guestName!, script);
  const homes = async () =>
    (await lodge.client.call("volumeList")).filter(({ name }) => name.startsWith("home-"));

  it("is the image's at first, and what its user saved is there on his next desktop", async () => {
    const first = await ready();
    assert.match(await sh(first, "cat /home/debian/.profile"), /as the image has it/);
    assert.match(await sh(first, "grep ' /home/debian ' /proc/mounts"), /ext4/);
    await sh(first, "echo kept >/home/debian/letter");
    await signOff(first);
    const second = await ready();
    assert.notEqual(second.guest, first.guest);
    assert.equal(await sh(second, "cat /home/debian/letter"), "kept");
    const [home] = await homes();
    assert.deepEqual([(await homes()).length, home!.guest], [1, second.guest]);
  });

  it("is there, with what had been written out, after its desktop's QEMU was killed", async () => {
    const desktop = await ready();
    await sh(desktop, "echo synced >/home/debian/synced; sync");
    process.kill((await lodge.guest(desktop.guestName!)).pid!, "SIGKILL");
    while ((await lodge.guest(desktop.guestName!)).state !== "crashed") await delay(20);
    await signOff(desktop);
    assert.equal(await sh(await ready(), "cat /home/debian/synced"), "synced");
  });

  it("comes to the next desktop where the one before is reset", async () => {
    const before = await ready();
    await sh(before, "echo anew >/home/debian/anew");
    await lodge.client.call("myDesktopReset", await offer());
    const next = await ready();
    assert.notEqual(next.guest, before.guest);
    assert.equal(await sh(next, "cat /home/debian/anew"), "anew");
  });

  it("is gone on with where the daemon was killed while it came", async () => {
    await signOff(await ready());
    await connect();
    await lodge.restart("SIGKILL");
    const desktop = await ready();
    assert.equal(await sh(desktop, "cat /home/debian/letter"), "kept");
    assert.equal((await homes()).length, 1);
  });

  it("grows with its pool", async () => {
    await signOff(await ready());
    await lodge.client.call("desktopPoolUpdate", {
      params: { desktopPool: "office" },
      body: { homeSize: 48 * MiB },
    });
    await ready();
    assert.deepEqual(
      (await homes()).map(({ size }) => size / MiB),
      [48],
    );
  });

  it("goes only where its user's desktop is, and is removed only where none has it", async () => {
    const desktop = await ready();
    const [home] = await homes();
    const volume = { params: { volume: home!.name } };
    for (const asked of [
      lodge.client.call("volumeDetach", { ...volume, body: {} }),
      lodge.client.call("volumeAttach", { ...volume, body: { guest: desktop.guestName! } }),
      lodge.client.call("volumeResize", { ...volume, body: { size: 64 * MiB } }),
    ])
      await assert.rejects(asked, (error) => hasCode(error, "volume.home"));
    await assert.rejects(lodge.client.call("volumeDelete", volume), (error) =>
      hasCode(error, "desktop.home_held"),
    );
    await signOff(desktop);
    await lodge.client.call("volumeDelete", volume);
    const anew = await ready();
    assert.equal(await sh(anew, "ls /home/debian"), "");
    await signOff(anew);
    await lodge.client.call("volumeDelete", { params: { volume: (await homes())[0]!.name } });
  });
});
