/** Folders and devices of the host, from the command line. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fakeGuest } from "../fakes/fake-services.ts";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => {
  scene = await openScene();
  scene.daemon.services.known.set("rest", fakeGuest("rest", { state: "stopped" }));
});
after(() => scene.close());

describe("lodge share", () => {
  it("shares a folder with a guest that is stopped, and says where", async () => {
    const { code, stdout, stderr } = await scene.lodge([
      "share",
      "add",
      "rest",
      "/srv/code",
      "--at",
      "/data",
      "--read-only",
    ]);
    assert.deepEqual([code, stdout, stderr], [0, "rest shares /srv/code as code, at /data, read-only\n", ""]);
    const { stdout: list } = await scene.lodge(["share", "ls", "rest"]);
    assert.deepEqual(list.split("\n").slice(0, 2), [
      "SHARE  ON THE HOST  IN THE GUEST  MAY",
      "code   /srv/code    /data         read",
    ]);
    assert.match((await scene.lodge(["show", "rest"])).stdout, /shares +code +\/srv\/code +at +\/data/);
  });

  it("refuses one that runs, with what leads there", async () => {
    const { code, stderr } = await scene.lodge(["share", "add", "db", "/srv/code"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /lodge stop db/);
  });

  it("takes it away again", async () => {
    const { stdout } = await scene.lodge(["share", "rm", "rest", "code"]);
    assert.equal(stdout, "rest shares code no more\n");
    assert.notEqual((await scene.lodge(["share", "rm", "rest", "code"])).code, 0);
  });
});

describe("lodge device", () => {
  it("lists what the host has, and what is in the way", async () => {
    const { stdout } = await scene.lodge(["device", "ls"]);
    assert.match(stdout, /^usb:1-2 +0781:5581 +SanDisk Ultra/m);
    assert.match(stdout, /^pci:0000:01:00\.0 .*default route leads over it/m);
  });

  it("hands one on, and takes it away", async () => {
    const attached = await scene.lodge(["device", "attach", "rest", "usb:1-2"]);
    assert.equal(attached.stdout, "rest has usb:1-2 from its next start on\n");
    const detached = await scene.lodge(["device", "detach", "rest", "usb:1-2"]);
    assert.equal(detached.stdout, "rest has usb:1-2 no more\n");
  });
});
