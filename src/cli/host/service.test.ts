import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { homePaths } from "#base/home";
import type { ServiceUnits } from "#base/service";
import { installService, removeService, unitTexts } from "./service.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-units-"));
after(() => rmSync(folder, { recursive: true }));

const units: ServiceUnits = {
  scope: "system",
  folder: join(folder, "units"),
  daemon: "lodged.service",
  guests: "lodge-guests.service",
};
const user: ServiceUnits = { ...units, scope: "user" };

/** The values of a setting, in order. */
const settings = (text: string | undefined, name: string): string[] =>
  [...(text ?? "").matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map((match) => match[1] ?? "");

describe("the units", () => {
  const texts = unitTexts({ home: "/var/lib/lodge" }, units, { listen: "127.0.0.1:7070" });
  const daemon = texts["lodged.service"];
  const guests = texts["lodge-guests.service"];

  it("have nothing left to fill in", () => {
    assert.deepEqual(Object.keys(texts), ["lodged.service", "lodge-guests.service"]);
    assert.doesNotMatch(`${daemon}${guests}`, /@[A-Z_]+@|undefined/);
  });

  it("leave guests alone when the daemon ends, or one of them is out of memory", () => {
    assert.deepEqual(settings(daemon, "KillMode"), ["process"]);
    assert.deepEqual(settings(daemon, "OOMPolicy"), ["continue"]);
  });

  it("are one alone where no guests are, and daemon and guests wait for file servers", () => {
    const witness = unitTexts({ home: "/h" }, units, { witness: true });
    assert.deepEqual(Object.keys(witness), ["lodged.service"]);
    assert.match(settings(witness["lodged.service"], "ExecStart")[0] ?? "", / --home "\/h" --witness$/);
    for (const text of [daemon, guests]) assert.match(settings(text, "After")[0] ?? "", /remote-fs\.target/);
  });

  it("run the daemon of that home, and on that address", () => {
    const [start] = settings(daemon, "ExecStart");
    assert.match(
      start ?? "",
      /^"\/.*\/bin\/lodged" --home "\/var\/lib\/lodge" --listen "127\.0\.0\.1:7070"$/,
    );
  });

  it("put guests to rest before the daemon and the network go, and never because the daemon does", () => {
    assert.match(settings(guests, "After")[0] ?? "", /lodged\.service .*network\.target/);
    assert.match(
      settings(guests, "ExecStop")[0] ?? "",
      /bin\/lodge" shutdown --home "\/var\/lib\/lodge" --timeout \d+$/,
    );
    for (const binding of ["Requires", "BindsTo", "PartOf"]) assert.deepEqual(settings(guests, binding), []);
  });

  it("give systemd more time than the guests get, and a user's less than the user's systemd has", () => {
    for (const [scope, most] of [
      [units, 600],
      [user, 120],
    ] as const) {
      const text = unitTexts({ home: "/h" }, scope, {})["lodge-guests.service"];
      const given = Number(/--timeout (\d+)/.exec(text ?? "")?.[1]);
      const limit = Number(settings(text, "TimeoutStopSec")[0]);
      assert.ok(given > 0 && given + 30 <= limit && limit < most, `${given} of ${limit} s`);
    }
  });

  it("take a home's path as it is, whatever signs of systemd's are in it", () => {
    const odd = unitTexts({ home: '/srv/100% "my" $HOME' }, units, {});
    assert.ok(
      settings(odd["lodged.service"], "ExecStart")[0]?.endsWith(String.raw`"/srv/100%% \"my\" $$HOME"`),
    );
    assert.ok(
      settings(odd["lodged.service"], "StandardOutput")[0]?.startsWith('append:/srv/100%% "my" $HOME/'),
    );
    assert.deepEqual(settings(odd["lodged.service"], "RequiresMountsFor"), [
      String.raw`"/srv/100%% \"my\" $HOME"`,
    ]);
  });

  // Where there is a systemd to ask: Debian's minimal containers have none.
  for (const analyze of ["/usr/bin/systemd-analyze"].filter((file) => existsSync(file))) {
    for (const scope of [units, user]) {
      it(`are understood by systemd, as those of a ${scope.scope}`, () => {
        const own = join(folder, scope.scope);
        const written = Object.entries(unitTexts({ home: join(folder, "with space") }, scope, {}));
        spawnSync("mkdir", [own]);
        for (const [name, text] of written) writeFileSync(join(own, name), text);
        const { status, stderr } = spawnSync(
          analyze,
          [`--${scope.scope}`, "--man=no", "verify", ...written.map(([name]) => join(own, name))],
          { encoding: "utf8", env: { ...process.env, XDG_RUNTIME_DIR: folder } },
        );
        const ours = stderr.split("\n").filter((line) => line.includes("lodge"));
        assert.deepEqual([status, ours], [0, []]);
      });
    }
  }
});

describe("installing the services", () => {
  const paths = homePaths(join(folder, "home"));
  const env = { https_proxy: "http://u:p$w@proxy.example:3128", PATH: "/bin", SECRET: "x" };
  const calls: string[] = [];
  const call = async (...args: string[]) => void calls.push(args.join(" "));

  it("writes units and surroundings, and has systemd start them with the computer", async () => {
    const written = await installService({ paths, units, env }, call);
    const environment = join(paths.home, "lodged.env");
    assert.deepEqual(written, [
      join(units.folder, "lodged.service"),
      join(units.folder, "lodge-guests.service"),
      environment,
    ]);
    assert.deepEqual(calls.splice(0), ["daemon-reload", "enable lodged.service lodge-guests.service"]);
    const quoted = env.https_proxy.replace("$", "\\$$");
    assert.equal(readFileSync(environment, "utf8"), `https_proxy="${quoted}"\n`);
    assert.equal(statSync(environment).mode & 0o777, 0o600);
    assert.ok(existsSync(paths.logs));
  });

  it("keeps what was written into the surroundings by hand", async () => {
    writeFileSync(join(paths.home, "lodged.env"), "by=hand\n");
    await installService({ paths, units, env }, call);
    assert.equal(readFileSync(join(paths.home, "lodged.env"), "utf8"), "by=hand\n");
    calls.length = 0;
  });

  it("is taken back with the daemon's unit there while that is stopped, and the other's not", async () => {
    const stopped: Record<string, boolean> = {};
    await removeService(units, async (verb, name = "") => {
      if (verb === "stop") stopped[name] = existsSync(join(units.folder, name));
    });
    assert.deepEqual(stopped, { "lodged.service": true, "lodge-guests.service": false });
    assert.deepEqual(readdirSync(units.folder), []);
  });
});
