/**
 * Does the service do under a real systemd what it is for? The computer is one of namespaces (computer.sh), booted
 * twice; the guests are real.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { tinyGuest } from "../tiny-guest.ts";

const checkout = join(import.meta.dirname, "../../..");
const cache = process.env["LODGE_TEST_CACHE"];
const home = "/srv/lodge";
const events = `${home}/logs/events.jsonl`;

/** What npm start does of itself, without the image that it would build next. */
const startDaemon = `
  const { createContext } = await import("${checkout}/src/cli/context.ts");
  const { startDaemon } = await import("${checkout}/src/cli/host/daemon-process.ts");
  const { client, paths } = createContext({ name: "npm start", verbose: false });
  await startDaemon(client, paths);
  process.exit();`;

/** `fact NAME COMMAND…` prints what the command does, on one line. */
const preamble = `
cd ${checkout}
export PATH=${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LODGE_HOME=${home}
${cache === undefined ? "" : `export LODGE_TEST_CACHE=${cache}`}
lodge=./bin/lodge
lodged=$(basename /etc/systemd/system/lodged-*.service)
guests=$(basename /etc/systemd/system/lodge-guests-*.service)
fact() { name=$1; shift; echo "$name: $("$@" 2>&1 | tr '\\n' ' ')"; }
wait_for() { for i in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; echo "never: $*"; }
pid_of() { $lodge show "$1" -f json | sed -n 's/^ *"pid": \\([0-9]*\\).*/\\1/p'; }
boot_of() { $lodge exec "$1" -- cat /proc/sys/kernel/random/boot_id; }
active() { systemctl is-active $lodged $guests; }
typescript() { node --disable-warning=ExperimentalWarning --experimental-ffi --input-type=module -e "$1"; }
start_daemon() { typescript '${startDaemon}'; }
is_gone() { ! kill -0 $1; }
`;

const firstBoot = `${preamble}
cat >/etc/systemd/system/wire.service <<END
[Unit]
DefaultDependencies=no
Before=network.target
Wants=network.target
Conflicts=shutdown.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/sbin/ip link set lo up
[Install]
WantedBy=multi-user.target
END
systemctl enable --now wire
typescript 'await (await import("${checkout}/test/vm/furnish.ts")).furnish("${home}")' || exit 1
fact begin start_daemon
fact web $lodge run tiny --name web --memory 160M --cold
fact db $lodge run tiny --name db --memory 160M --cold --start-order 10 --on-host-shutdown stop
$lodge exec web -- sh -c 'echo kept >/dev/shm/mark'
boot_of web >/srv/web; boot_of db >/srv/db
pid=$(pid_of web)
fact install sh tools/bootstrap.sh install-service --listen 127.0.0.1:7070
lodged=$(basename /etc/systemd/system/lodged-*.service)
guests=$(basename /etc/systemd/system/lodge-guests-*.service)
fact installed active
fact same-after-takeover echo $pid $(pid_of web)
systemctl restart $lodged
fact restarted active
fact same-after-restart echo $pid $(pid_of web)
kill -KILL $(systemctl show --property=MainPID --value $lodged)
wait_for is_gone $(systemctl show --property=MainPID --value $lodged)
wait_for $lodge info
fact killed active
fact same-after-kill echo $pid $(pid_of web)
fact doctor sh -c "$lodge doctor | grep service"
`;

const secondBoot = `${preamble}
wait_for grep -q 'db is back' ${events}
wait_for grep -q 'web is back' ${events}
fact booted active
fact down sed -n 's/.*"kind":"guest.\\(suspended\\|stopped\\)".*"guestName":"\\([a-z]*\\)".*/\\1-\\2/p' ${events}
fact mark $lodge exec web -- cat /dev/shm/mark
fact web-boot echo $(cat /srv/web) $(boot_of web)
fact db-boot echo $(cat /srv/db) $(boot_of db)
fact order sh -c "journalctl --output=cat | sed -n '/^All guests rest/s/.*/rest/p; /^Stopped wire/s/.*/network/p'"
pid=$(pid_of web)
fact stop sh tools/bootstrap.sh stop
fact stopped active
fact lives kill -0 $pid
fact start start_daemon
fact started active
fact remove sh tools/bootstrap.sh install-service --remove
fact removed ls /etc/systemd/system/lodge*
fact lives-on kill -0 $pid
fact again sh tools/bootstrap.sh install-service
fact same-over-all echo $pid $(pid_of web)
fact uninstall $lodge uninstall --yes
fact gone kill -0 $pid
fact units systemctl list-units --all --no-legend 'lodge*'
fact left sh -c "ls -d ${home} /etc/systemd/system/lodge* /etc/systemd/system/*/lodge* | wc -l"
`;

/** What the facts say, by their names. */
const facts = (output: string): Record<string, string> =>
  Object.fromEntries([...output.matchAll(/^([\w-]+): (.*?) *$/gm)].map((match) => [match[1]!, match[2]!]));

const isRoot = process.geteuid?.() === 0;

describe("the service", { skip: !isRoot && "needs root", timeout: 600_000 }, () => {
  let folder = "";
  let first: Record<string, string> = {};
  let second: Record<string, string> = {};
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-computer-"));
    await tinyGuest();
    await writeFile(join(folder, "1.sh"), firstBoot);
    await writeFile(join(folder, "2.sh"), secondBoot);
    const computer = spawn("unshare", ["--mount", join(import.meta.dirname, "computer.sh"), folder], {
      stdio: "inherit",
    });
    await new Promise((resolve) => computer.once("exit", resolve));
    const said = async (file: string) => readFile(join(folder, file), "utf8").catch(() => "");
    first = facts(await said("1.out"));
    second = facts(await said("2.out"));
    if (first["doctor"] !== undefined && second["left"] !== undefined) return;
    const files = ["1.out", "1.err", "1.console", "2.out", "2.err", "2.console"];
    assert.fail((await Promise.all(files.map(async (file) => `${file}:\n${await said(file)}`))).join("\n"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("takes over from a daemon that runs, with its guests", () => {
    assert.deepEqual([first["begin"], second["start"]], ["", ""]);
    assert.match(first["install"] ?? "", /Wrote \/etc\/systemd\/system\/lodged-\w+\.service/);
    assert.equal(first["installed"], "active active");
    assert.match(first["same-after-takeover"] ?? "", /^(\d+) \1$/);
    assert.match(first["doctor"] ?? "", /Lodge starts with this computer/);
  });

  it("leaves guests alone when the daemon is restarted or killed, and starts that again", () => {
    for (const [state, same] of [
      ["restarted", "same-after-restart"],
      ["killed", "same-after-kill"],
    ] as const) {
      assert.equal(first[state], "active active");
      assert.match(first[same] ?? "", /^(\d+) \1$/);
    }
  });

  it("puts guests to rest before the daemon and the network are stopped, and brings them back with the computer", () => {
    assert.equal(second["down"], "suspended-web stopped-db");
    assert.equal(second["order"], "rest network");
    assert.equal(second["booted"], "active active");
    assert.equal(second["mark"], "kept");
    assert.match(second["web-boot"] ?? "", /^([0-9a-f-]+) \1$/);
    assert.match(second["db-boot"] ?? "", /^(?!([0-9a-f-]+) \1$)[0-9a-f-]+ [0-9a-f-]+$/);
  });

  it("is what npm stop ends and npm start starts", () => {
    assert.match(second["stop"] ?? "", /daemon has ended. 2 guests live on/);
    assert.equal(second["stopped"], "inactive active");
    assert.equal(second["lives"], "");
    assert.equal(second["started"], "active active");
  });

  it("goes without a trace and without the guests, and Lodge after it", () => {
    assert.match(second["remove"] ?? "", /removed/);
    assert.match(second["removed"] ?? "", /No such file/);
    assert.equal(second["lives-on"], "");
    assert.match(second["same-over-all"] ?? "", /^(\d+) \1$/);
    assert.match(second["uninstall"] ?? "", /Removed Lodge from/);
    assert.match(second["gone"] ?? "", /No such process/);
    assert.equal(second["units"], "");
    assert.match(second["left"] ?? "", /\b0$/);
  });
});
