/**
 * What does a guest reach of the host whose QEMU is its network itself, and is in the host's network namespace? A
 * program is started as such a QEMU is and connects; another user's does the same and gets through.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { text } from "node:stream/consumers";
import { exec } from "#base/exec";
import { findCells, type CellHost } from "#hypervisor/cell/host";
import { programFiles } from "#hypervisor/cell/program";
import { startInCell } from "#hypervisor/cell/start";
import { usersOf } from "#hypervisor/cell/users";
import { closeHostToCells, openHostToCells } from "#hypervisor/net/cell-users";
import { attack } from "../attack.ts";

const perl = "/usr/bin/perl";
const tag = "usrnt";
const bridge = "ldgusrnt0";
const own = "10.213.77.1";
const asRoot = { skip: process.getuid?.() !== 0 && "root alone closes the host" };

/** Connects, and says what came of it. */
const program = (address: string, port: number) => [
  "-MSocket",
  "-e",
  `socket(my $s, AF_INET, SOCK_STREAM, 0); print connect($s, pack_sockaddr_in(${port}, inet_aton('${address}'))) ? "reached" : "refused";`,
];

describe("a guest with a user-mode network", asRoot, () => {
  let folder: string;
  let host: CellHost;
  let server: Server;
  let port: number;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "lodge-user-network-"));
    const found = await findCells("qemu-system-x86_64");
    const files = await programFiles(perl);
    host = { ...found, program: perl, binds: [...found.binds, ...files.binds] };
    // As a neighbour's network: what it has for guests, and the host's own address in it.
    await exec("ip", ["link", "add", bridge, "type", "bridge"]);
    await exec("ip", ["addr", "add", `${own}/24`, "dev", bridge]);
    await exec("ip", ["link", "set", bridge, "up"]);
    server = createServer((socket) => socket.destroy()).listen(0, "0.0.0.0");
    await once(server, "listening");
    port = (server.address() as { port: number }).port;
    await closeHostToCells(tag, usersOf(tag));
  });
  after(async () => {
    await openHostToCells(tag);
    server.close();
    await exec("ip", ["link", "del", bridge]);
    rmSync(folder, { recursive: true });
  });

  async function fromCell(address: string): Promise<string> {
    const log = join(folder, address);
    const started = await startInCell({
      host,
      user: usersOf(tag).first + 1,
      fileSize: 2 ** 30,
      binds: [],
      network: "host",
      args: program(address, port),
      log,
      cwd: "/",
    });
    const alive = setInterval(() => undefined, 1000);
    await started.ended.finally(() => clearInterval(alive));
    return /reached|refused/.exec(readFileSync(log, "utf8"))?.[0] ?? "said nothing";
  }

  async function fromElsewhere(address: string): Promise<string> {
    const child = spawn(perl, program(address, port), { stdio: ["ignore", "pipe", "ignore"] });
    return text(child.stdout);
  }

  async function refused(address: string): Promise<void> {
    assert.equal(await fromElsewhere(address), "reached", "it proves nothing: nobody reaches that");
    assert.equal(await fromCell(address), "refused");
  }

  attack("reaches for what listens on the host's loopback", () => refused("127.0.0.1"));

  attack("reaches for what listens on the host's loopback by another of its addresses", () =>
    refused("127.8.9.10"),
  );

  attack("reaches for what listens on an address of the host's in another network of guests", () =>
    refused(own),
  );

  attack("reaches for a guest in another network of the host", async () => {
    const neighbour = "10.213.77.9";
    const connectAs = (user: number) =>
      exec("setpriv", ["--reuid", String(user), "--clear-groups", perl, ...program(neighbour, 9)]);
    // Nobody is there: whose frames come to the bridge has it asked for.
    const askedFor = async () => (await exec("ip", ["neigh", "show", neighbour])).stdout;
    await connectAs(usersOf(tag).first + 1);
    assert.equal(await askedFor(), "");
    await connectAs(0);
    assert.match(await askedFor(), /^10\.213\.77\.9 /, "it proves nothing: nobody's frames come there");
  });
});
