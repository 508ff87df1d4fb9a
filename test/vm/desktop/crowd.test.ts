/** Do twenty people who all click at once get twenty desktops, each his own and drawn? By the tiny guest, whose screen is drawn from the start. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import type { Store } from "#durable/store/store";
import { TestLodge, tinyMemory } from "../daemon.ts";
import { Viewer } from "../console/viewer.ts";
import { asDesktop } from "./as-desktop.ts";
import { password, until } from "./person.ts";

const people = Array.from({ length: 20 }, (_, index) => `person-${index + 1}`);
const standbys = 3;

describe("twenty people at once", () => {
  let lodge: TestLodge;
  before(async () => {
    const prepare = (store: Store) => asDesktop(store, "tiny");
    lodge = await TestLodge.start(undefined, { listen: "127.0.0.1:0", prepare });
    const shape = { image: "tiny", memory: tinyMemory, sound: false };
    const body = { name: "crowd", ...shape, entitled: { everyone: true }, standby: { count: standbys } };
    await lodge.client.call("desktopPoolCreate", { body });
    for (const name of people)
      await lodge.client.call("userCreate", { body: { name, role: "none", password } });
  });
  after(async () => {
    const params = { desktopPool: "crowd" };
    const removed = lodge?.client.call("desktopPoolDelete", { params, query: { force: true } });
    if (removed) await lodge.done(removed).catch(() => undefined);
    await lodge?.[Symbol.asyncDispose]();
  });

  const post = async (path: string, body: object, cookie = ""): Promise<Response> => {
    const headers = { "content-type": "application/json", origin: lodge.url, cookie };
    const answer = await fetch(lodge.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, answer.ok ? "" : await answer.text());
    return answer;
  };
  const signIn = async (name: string): Promise<string> => {
    const { headers } = await post("/v1/session", { name, password });
    return headers.getSetCookie()[0]!.split(";")[0]!;
  };

  it("get each a desktop of his own, which shows a whole picture to him", async () => {
    const cookies: string[] = [];
    for (const name of people) cookies.push(await signIn(name));
    const look = () => lodge.client.call("desktopPoolGet", { params: { desktopPool: "crowd" } });
    await until("standbys are ready", async () => (await look()).ready === standbys);
    const viewers = await Promise.all(
      cookies.map(async (cookie) => {
        let connection: Schemas["DesktopConnection"];
        // Whoever waits for longer than a question lasts asks again, as the page does.
        do {
          const answer = await post("/v1/my-desktops/crowd/connect", { wait: 60 }, cookie);
          connection = (await answer.json()) as Schemas["DesktopConnection"];
        } while (connection.ticket === undefined);
        const { desktop, ticket } = connection;
        const viewer = await Viewer.open(lodge.url, `/v1/guests/${desktop.guest}/display?ticket=${ticket}`);
        await viewer.until("a picture", () => viewer.picture.rgb.some(Boolean));
        return { desktop, viewer };
      }),
    );
    const desktops = await lodge.client.call("desktopList", { query: {} });
    assert.deepEqual(desktops.map(({ user }) => user).sort(), people.toSorted());
    assert.equal(new Set(viewers.map(({ desktop }) => desktop.guest)).size, people.length);
    for (const { viewers: seen, user } of desktops)
      assert.deepEqual(
        seen.map((one) => one.user),
        [user],
      );
    for (const { viewer } of viewers) viewer.socket.close();
  });
});
