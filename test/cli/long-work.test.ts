import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Operation } from "#contract/operation";
import { fakeGuest } from "../fakes/fake-services.ts";
import { openScene, shows, type Running, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());
beforeEach(() => {
  for (const name of ["web-1", "db"]) scene.daemon.services.known.set(name, fakeGuest(name));
});
// What a test that failed has left is not the next one's.
afterEach(async () => {
  const { operations } = scene.daemon.services;
  for (const { id, status } of (await operations.list({})).items)
    if (status === "running") operations.advance(id, done());
});

const done = (result?: unknown, ms = 310): Partial<Operation> => ({
  status: "succeeded",
  endedAt: new Date(Date.parse("2026-01-02T03:04:05.000Z") + ms).toISOString(),
  ...(result === undefined ? {} : { result }),
});

const statusOf = async (id: string) => (await scene.daemon.services.operations.get(id)).status;

/** Presses Ctrl-C once the command watches. */
async function interrupt(running: Running, after: RegExp): Promise<void> {
  await shows(running, after);
  running.child.kill("SIGINT");
}

describe("long work", () => {
  it("is waited for, and told of", async () => {
    const running = scene.start(["stop", "db"]);
    await scene.advance(done());
    assert.deepEqual(await running.ended, { code: 0, stdout: "db is stopped\n", stderr: "" });
  });

  it("is left to itself with --no-wait", async () => {
    const { code, stdout } = await scene.lodge(["pause", "db", "--no-wait"]);
    assert.equal(code, 0);
    const id = /operation (\w+)/.exec(stdout)?.[1] ?? "";
    assert.equal(await statusOf(id), "running");
    await scene.advance(done());
  });

  it("is data where that was asked for, also when nobody waits", async () => {
    for (const words of [
      ["fork", "db"],
      ["run", "--name", "later"],
      ["snapshot", "create", "db"],
    ]) {
      const { code, stdout } = await scene.lodge([...words, "--no-wait", "-f", "json"]);
      assert.deepEqual([code, JSON.parse(stdout).status], [0, "running"], words.join(" "));
      await scene.advance(done());
    }
    scene.daemon.services.known.delete("later");
  });

  it("shows its progress as lines where there is no terminal", async () => {
    const running = scene.start(["image", "build", "debian-13"]);
    await scene.advance({ progress: { fraction: 0.25, message: "installing packages" } });
    await shows(running, /debian-13: installing packages \(25 %\)/);
    await scene.advance(done());
    const { code, stdout } = await running.ended;
    assert.deepEqual([code, stdout], [0, "Image debian-13 is ready\n"]);
  });

  it("fails with the operation's own error", async () => {
    const running = scene.start(["stop", "db"]);
    await scene.advance({
      status: "failed",
      error: {
        code: "guest.stop_timeout",
        status: 504,
        message: "",
        hint: "",
        params: { guest: "db", seconds: 90 },
      },
    });
    const { code, stderr } = await running.ended;
    assert.equal(code, 124);
    assert.match(stderr, /did not shut down within 90 s/);
    assert.match(stderr, /--force/);
  });

  it("is cancelled by Ctrl-C", async () => {
    const running = scene.start(["image", "build", "debian-13"]);
    await scene.advance({ progress: { message: "at work" } });
    await interrupt(running, /at work/);
    const { code, stderr } = await running.ended;
    assert.equal(code, 130);
    assert.match(stderr, /Cancelling… Ctrl-C again leaves it to itself; 'lodge operation show o\w+'/);
    assert.match(stderr, /The operation was cancelled/);
  });

  it("goes on by itself after a second Ctrl-C", async () => {
    const { operations } = scene.daemon.services;
    const cancel = operations.cancel.bind(operations);
    // Undoing takes its time.
    operations.cancel = async (id) => operations.get(id);
    try {
      const running = scene.start(["image", "build", "debian-13"]);
      await scene.advance({ progress: { message: "at work" } });
      await interrupt(running, /at work/);
      await interrupt(running, /Cancelling…/);
      const { code, stderr } = await running.ended;
      assert.equal(code, 130);
      assert.match(stderr, /goes on by itself/);
    } finally {
      operations.cancel = cancel;
      await scene.advance(done());
    }
  });
});

describe("lodge run", () => {
  const forked = fakeGuest("web-9", { origin: { image: "debian-13", how: "fork" } });

  it("says how the guest came to be", async () => {
    const running = scene.start(["run", "--name", "web-9"]);
    await scene.advance(done({ guest: forked }));
    assert.equal((await running.ended).stdout, "web-9 is up: forked in 0.31 s, 10.77.3.2\n");
  });

  it("says why it was booted", async () => {
    const running = scene.start(["run", "--name", "slow"]);
    const origin = { image: "debian-13", how: "boot", reason: "no template is parked yet" } as const;
    await scene.advance(done({ guest: fakeGuest("slow", { origin }) }, 14_200));
    assert.equal(
      (await running.ended).stdout,
      "slow is up: booted in 14.2 s (no template is parked yet), 10.77.3.2\n",
    );
  });

  it("prints the name alone with -q, and data with -f json", async () => {
    for (const [words, expected] of [
      [["-q"], /^web-\w+\n$/],
      [["-f", "json"], /"name": "web-\w+"/],
    ] as const) {
      const name = `web-${words[0].slice(1)}`;
      const running = scene.start(["run", "--name", name, ...words]);
      await scene.advance(done({ guest: fakeGuest(name) }));
      assert.match((await running.ended).stdout, expected);
    }
  });

  it("runs a command in it, passes its exit code on and removes it", async () => {
    scene.daemon.services.known.delete("made");
    const running = scene.start(["run", "--rm", "--", "exit", "7"]);
    await scene.advance(done({ guest: fakeGuest("made") }));
    await scene.advance(done());
    const { code, stdout, stderr } = await running.ended;
    assert.deepEqual([code, stdout], [7, ""]);
    assert.match(stderr, /made is up/);
    assert.equal(scene.daemon.services.known.has("made"), false);
  });

  it("sends what was asked for", async () => {
    const asked: unknown[] = [];
    const { guests } = scene.daemon.services;
    const create = guests.create;
    guests.create = (body, project) => (asked.push(body), create(body, project));
    const key = join(scene.folder, "key.pub");
    const data = join(scene.folder, "data.yaml");
    writeFileSync(key, "# mine\nssh-ed25519 AAAAC3Nz me@here\n");
    writeFileSync(data, "#cloud-config\n");
    try {
      const words = ["--name", "x1", "--cpus", "2", "--memory", "1G", "--disk", "20G", "--network", "none"];
      const disks = ["--disk", "1G,bus=sata,format=raw", "--disk=bus=virtio-scsi,2G", "--boot", "cdrom"];
      const more = [
        "-p",
        "8080:80",
        "--ssh-key",
        key,
        "--user-data",
        data,
        "-l",
        "a=b",
        "--cold",
        "--wait=address",
      ];
      const { code } = await scene.lodge([
        "run",
        ...words,
        ...disks,
        ...more,
        "--no-start",
        "--no-wait",
        "alpine",
      ]);
      assert.equal(code, 0);
      assert.deepEqual(asked, [
        {
          name: "x1",
          image: "alpine",
          cpus: 2,
          memory: 1_073_741_824,
          disks: [
            { size: 21_474_836_480 },
            { size: 1_073_741_824, bus: "sata", format: "raw" },
            { bus: "virtio-scsi", size: 2_147_483_648 },
          ],
          boot: "cdrom",
          network: [],
          publish: [{ protocol: "tcp", hostPort: 8080, guestPort: 80 }],
          sshKeys: ["ssh-ed25519 AAAAC3Nz me@here"],
          userData: "#cloud-config\n",
          labels: { a: "b" },
          cold: true,
          start: false,
          wait: "none",
        },
      ]);
    } finally {
      guests.create = create;
      await scene.advance(done());
    }
  });

  it("refuses a private key before anything leaves this computer", async () => {
    const key = join(scene.folder, "id");
    writeFileSync(key, "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n");
    const { code, stderr } = await scene.lodge(["run", "--ssh-key", key]);
    assert.equal(code, 1);
    assert.match(stderr, /it is a private key; give the one that ends in \.pub/);
  });
});
