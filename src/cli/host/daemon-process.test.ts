import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { unitArgs, unitName } from "./daemon-process.ts";

describe("the daemon as a unit of systemd's", () => {
  const env = {
    PATH: "/usr/bin",
    HOME: "/root",
    LODGE_HOME: "/srv/a b",
    https_proxy: "http://proxy.example:3128",
    LC_ALL: "C.UTF-8",
    SSH_AUTH_SOCK: "/tmp/agent",
    TERM: "xterm",
    SECRET_TOKEN: "x",
  };
  const args = unitArgs("lodge-x.service", "/srv/a b/logs/lodged.log", env, [
    "/opt/lodge/bin/lodged",
    "--home",
    "/srv/a b",
  ]);

  it("leaves its guests alone when it ends", () => assert.ok(args.includes("--property=KillMode=process")));

  it("writes to the log of its home", () => {
    assert.ok(args.includes("--property=StandardOutput=append:/srv/a b/logs/lodged.log"));
  });

  it("gets the variables that mean something to it, and no others", () => {
    const handed = args
      .filter((arg) => arg.startsWith("--setenv="))
      .map((arg) => arg.slice("--setenv=".length));
    assert.deepEqual(handed.toSorted(), [
      "HOME=/root",
      "LC_ALL=C.UTF-8",
      "LODGE_HOME=/srv/a b",
      "PATH=/usr/bin",
      "https_proxy=http://proxy.example:3128",
    ]);
  });

  it("is the command, word for word", () => {
    assert.deepEqual(args.slice(args.indexOf("--") + 1), ["/opt/lodge/bin/lodged", "--home", "/srv/a b"]);
  });

  it("has a name of its own for each home", () => {
    assert.match(unitName("/var/lib/lodge"), /^lodge-[0-9a-f]{10}\.service$/);
    assert.notEqual(unitName("/var/lib/lodge"), unitName("/srv/lodge"));
  });
});
