/** Does an XFCE session that runs go on in its user's home, which comes to it: one of each of its programs, in that folder, as the user left it? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { MiB, TestLodge } from "../daemon.ts";
import { DesktopGuest } from "./desktop-guest.ts";
import { desktopName, giveDesktop } from "./desktop-template.ts";

type Desktop = Schemas["Desktop"];

const size = "/panels/panel-1/size";

const programs = ["xfce4-session", "xfwm4", "xfsettingsd", "xfce4-panel", "xfdesktop"];
/** The ids of each one's processes, and whether they stand in the home; and how many keep settings, which begins once it is asked. */
const look = `for name in ${programs.join(" ")}; do
  echo $name $(pgrep -x $name) $(for id in $(pgrep -x $name); do [ ! /proc/$id/cwd -ef /home/debian ] || echo there; done)
done; xfconf-query -l >/dev/null; pgrep -c -x xfconfd || true`;

describe("an XFCE session whose user's home comes", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false, prepare: giveDesktop });
    const body = {
      name: "office",
      image: desktopName,
      keeps: "home",
      homeSize: 64 * MiB,
      standby: { count: 0 },
      entitled: { everyone: true },
    } as const;
    await lodge.client.call("desktopPoolCreate", { body });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const offer = async () => {
    const { id } = await lodge.client.call("desktopPoolGet", { params: { desktopPool: "office" } });
    return { params: { offer: id } };
  };
  const get = (desktop: string) => lodge.client.call("desktopGet", { params: { desktop } });

  const connect = async (): Promise<[Desktop, DesktopGuest]> => {
    const { desktop } = await lodge.client.call("myDesktopConnect", {
      ...(await offer()),
      body: { wait: 60 },
    });
    for (;;) {
      const now = await get(desktop.id);
      assert.ok(now.home?.state !== "failed", `${now.home?.message}`);
      if (now.home?.state === "there") return [now, new DesktopGuest(lodge, now.guestName!)];
      await delay(200);
    }
  };

  const signOff = async ({ id }: Desktop): Promise<void> => {
    await lodge.client.call("myDesktopSignOff", await offer());
    const there = () =>
      get(id).then(
        () => true,
        (error: unknown) => !hasCode(error, "desktop.not_found"),
      );
    while (await there()) await delay(200);
  };

  /** What of it is as it should be: one of each, in the home. */
  const isWhole = (seen: string) => /^(\S+ \d+ there\n){5}1$/.test(seen);

  it("goes on as it is the first time", async () => {
    const [desktop, guest] = await connect();
    const seen = await guest.sh(look);
    assert.ok(isWhole(seen), seen);
    await delay(5000);
    assert.equal(await guest.sh(look), seen);
    await guest.sh(`xfconf-query -c xfce4-panel -p ${size} -s 44; echo kept >letter`);
    await signOff(desktop);
  });

  it("has the settings that its user made the next time", async () => {
    const [desktop, guest] = await connect();
    let seen = "";
    for (let last = ""; seen === "" || seen !== last || !isWhole(seen); await delay(2000)) {
      last = seen;
      seen = await guest.sh(look);
    }
    assert.equal(await guest.sh(`xfconf-query -c xfce4-panel -p ${size}; cat letter`), "44\nkept");
    await signOff(desktop);
    const [home] = await lodge.client.call("volumeList");
    await lodge.client.call("volumeDelete", { params: { volume: home!.name } });
  });
});
