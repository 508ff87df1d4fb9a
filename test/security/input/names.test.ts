/** Can a name be more than a name: an option, another file, another line of what a program reads? */
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { createClient } from "#client/client";
import type { Problem } from "#contract/errors";
import { tableOf } from "#hypervisor/net/guard/table";
import { reservationFiles } from "#hypervisor/net/reservations";
import { userOptions } from "#hypervisor/net/user-mode";
import { qemuArgs } from "#hypervisor/qemu/argv";
import type { MachinePlan } from "#hypervisor/qemu/plan";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { attack } from "../attack.ts";

/** What each of them would be to some program that a name gets to. */
const hostile = [
  "a,b",
  "a,file=/etc/shadow",
  "a=b",
  "a\nb",
  "a\r\nb",
  "a\0b",
  "..",
  "../../etc/cron.d/x",
  "a/b",
  "/etc/passwd",
  "-x",
  "--help",
  "-device",
  "$(reboot)",
  "`reboot`",
  "a;reboot",
  "a|b",
  "a b",
  "a'b",
  'a"b',
  "%s%n",
  "\u001b[2J",
  "json:{}",
  "nbd:localhost:10809",
  "ａ",
  "a\u202eb",
  "A",
  "a".repeat(64),
  "",
  ".",
  "__proto__ ",
];

/** Any text, and such as has what options are made of. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(",", "=", "a", ".", "/", "\n", "-", ":", '"', "{", " ") }),
);

const plan: MachinePlan = {
  name: "web",
  uuid: "11111111-2222-4333-8444-555555555555",
  vmgenid: "66666666-7777-4888-8999-aaaaaaaaaaaa",
  machineType: "pc-q35-7.2",
  cpuModel: "qemu64",
  accelerator: "tcg",
  cpus: 1,
  memory: 512 * 1048576,
  ram: { kind: "anonymous" },
  firmware: { kind: "uefi", code: "/c", vars: "/v", secureBoot: false },
  tpm: undefined,
  disks: [
    { id: "disk0", bus: "virtio-blk", file: "/l/0", format: "qcow2", size: 0, serial: "g1-disk0", place: 0 },
  ],
  diskController: true,
  drives: [{ id: "cd0", file: "/iso" }],
  seed: "/g/seed.iso",
  nicPorts: false,
  nics: [],
  sockets: {
    qmp: "/r/qmp",
    agent: "/r/agent",
    guestAgent: "/r/qga",
    spice: "/r/spice",
    serial: "/r/serial",
    display: "/r/display",
  },
  vnc: true,
  spicePort: true,
  serialLog: "/g/serial.log",
  bootFirst: "disk",
  usbInput: false,
  balloon: false,
  kernel: { kernel: "/k", initrd: "/i", append: "quiet" },
};

/** An option's parts as QEMU's parser cuts them (its util/keyval.c): at commas, of which two are one. */
function parts(option: string): string[] {
  const found: string[] = [];
  let part = "";
  for (let at = 0; at < option.length; at++) {
    if (option[at] !== ",") part += option[at]!;
    else if (option[at + 1] === ",") part += option[at++]!;
    else {
      found.push(part);
      part = "";
    }
  }
  return [...found, part];
}

/** The keys of every option, as they are whatever the names in them are. */
const shape = (args: readonly string[]): string[] =>
  args.flatMap((word, at) => {
    const before = args[at - 1] ?? "";
    if (before === "-blockdev") return [Object.keys(JSON.parse(word) as object).join()];
    if (["-append", "-kernel", "-initrd"].includes(before)) return ["a word by itself"];
    return [
      parts(word)
        .map((part) => part.split("=")[0]!.replace(/^unix:.*/s, "unix:"))
        .join(),
    ];
  });

describe("a name that is no name", () => {
  let daemon: FakedDaemon;
  let url = "";
  let secret = "";
  before(async () => {
    daemon = await FakedDaemon.start({ listen: true });
    url = await daemon.url();
    ({ secret } = await daemon.client.call("tokenCreate", { body: { name: "mallory", role: "admin" } }));
  });
  after(() => daemon.close());

  /** Every hostile name is refused at the door, as a value that this field cannot have. */
  async function refused(
    method: string,
    path: string,
    body: (name: string) => object,
    names = hostile,
  ): Promise<void> {
    for (const name of names) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify(body(name)),
      });
      const { code } = (await answer.json()) as Problem;
      assert.deepEqual([answer.status, code], [400, "api.invalid"], JSON.stringify(name));
    }
  }

  attack("a guest's", () => refused("POST", "/v1/guests", (name) => ({ image: "x", name })));

  attack("a guest's new one", () => refused("PATCH", "/v1/guests/g00000000000", (name) => ({ name })));

  attack("a project's", () => refused("POST", "/v1/projects", (name) => ({ name })));

  attack("a label's key", () => {
    const names = hostile
      .filter((name) => name !== "a/b")
      .map((name) => (name.length === 64 ? `${name}a` : name));
    return refused("POST", "/v1/guests", (name) => ({ image: "x", labels: { [name]: "v" } }), names);
  });

  attack("a webhook's", () =>
    refused("POST", "/v1/webhooks", (name) => ({ name, url: "https://example.org/" })),
  );

  attack("a snapshot's", () => refused("POST", "/v1/guests/g00000000000/snapshots", (name) => ({ name })));

  attack("a user's", () => {
    const names = hostile.filter((name) => name.length < 64);
    return refused("POST", "/v1/users", (name) => ({ name, role: "viewer" }), names);
  });

  attack("an uploaded file's, with a path or a line's end", async () => {
    for (const file of ["../x.img", "/etc/passwd", "a\nb", "a\0b", "", "a\u007fb", "a".repeat(256)]) {
      const answer = await fetch(`${url}/v1/uploads`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify({ file, size: 1 }),
      });
      assert.equal(answer.status, 400, JSON.stringify(file));
    }
  });

  attack("a network's", () => refused("POST", "/v1/networks", (name) => ({ name })));

  attack("a network's domain, resolvers, subnet or card of the host's", async () => {
    const domains = hostile.filter((name) => !/^a+$/.test(name));
    await refused("POST", "/v1/networks", (domain) => ({ name: "n", domain }), domains);
    await refused("POST", "/v1/networks", (server) => ({ name: "n", dns: [server] }), domains);
    await refused("POST", "/v1/networks", (subnet) => ({ name: "n", subnet }));
    const cards = hostile.filter((name) => name !== "A");
    await refused("POST", "/v1/networks", (uplink) => ({ name: "n", kind: "bridge", uplink }), cards);
  });

  attack("where a network's routes lead, and by whom", async () => {
    await refused("POST", "/v1/networks", (to) => ({ name: "n", routes: [{ to, via: "10.0.0.1" }] }));
    await refused("POST", "/v1/networks", (via) => ({ name: "n", routes: [{ to: "10.0.0.0/8", via }] }));
    const changed = (routes: object) => ({ routes: [routes] });
    await refused("PATCH", "/v1/networks/n", (to) => changed({ to, via: "10.0.0.1" }));
    await refused("PATCH", "/v1/networks/n", (via) => changed({ to: "10.0.0.0/8", via }));
  });

  attack("a network's IPv6 subnet, gateway, sizes and tags", async () => {
    await refused("POST", "/v1/networks", (subnet6) => ({ name: "n", subnet6 }));
    await refused("POST", "/v1/networks", (gateway) => ({ name: "n", kind: "bridge", gateway }));
    for (const field of ["mtu", "vlan", "kind", "dhcp", "ipv6", "isolateGuests"])
      await refused("POST", "/v1/networks", (value) => ({ name: "n", [field]: value }));
    const names = hostile.filter((name) => !/^a+$/.test(name));
    // What looks like an address is looked at once the network is found.
    const words = names.filter((name) => !/^[0-9a-f.:]*$/i.test(name) || name === "");
    await refused("PATCH", "/v1/networks/n", (domain) => ({ domain }), names);
    await refused("PATCH", "/v1/networks/n", (server) => ({ dns: [server] }), words);
    await refused("PATCH", "/v1/networks/n", (mtu) => ({ mtu }));
  });

  attack("a network card's network, address, MAC, size and tag", async () => {
    const path = "/v1/guests/g00000000000/nics";
    await refused("POST", path, (network) => ({ network }));
    for (const field of ["address", "mac", "mtu", "vlan"])
      await refused("POST", path, (value) => ({ network: "default", [field]: value }));
    await refused("POST", "/v1/guests", (network) => ({ image: "x", network: [network] }));
    await refused("POST", "/v1/guests", (mac) => ({ image: "x", network: [{ network: "default", mac }] }));
  });

  attack("a firewall group's, and the ports of its rules", async () => {
    await refused("POST", "/v1/firewalls", (name) => ({ name }));
    for (const users of ["guests", "networks"])
      await refused("POST", "/v1/firewalls/f00000000000/attach", (name) => ({ [users]: [name] }));
    await refused("POST", "/v1/guests", (name) => ({ image: "x", firewalls: [name] }));
    const ports = (port: string) => ({ name: "fw", rules: [{ direction: "in", ports: [port] }] });
    await refused("POST", "/v1/firewalls", ports, [...hostile, "22; flush ruleset", "22 accept", "{22}"]);
  });

  attack("what a path of the API names, with dots and slashes in it", async () => {
    for (const name of ["..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00b", "%0a", "%ff"]) {
      const answer = await fetch(`${url}/v1/guests/${name}`, {
        headers: { authorization: `Bearer ${secret}` },
      });
      assert.ok([400, 404].includes(answer.status), `${name}: ${answer.status}`);
      assert.doesNotMatch(await answer.text(), /root:/);
    }
  });

  attack("a guest's in the address of a request", async () => {
    const client = createClient({ url, token: secret });
    for (const guest of hostile.filter((name) => name !== ""))
      await assert.rejects(client.call("guestGet", { params: { guest } }), /no guest|wrong form|nothing at/i);
  });
});

describe("QEMU's options", () => {
  attack("a machine's name, files and kernel line begin options of their own", () => {
    const usual = shape(qemuArgs(plan));
    fc.assert(
      fc.property(anyText, anyText, anyText, (name, path, append) => {
        const file = `/${path}`;
        const evil: MachinePlan = {
          ...plan,
          name,
          firmware: { kind: "uefi", code: file, vars: file, secureBoot: false },
          disks: plan.disks.map((disk) => ({ ...disk, file })),
          drives: [{ id: "cd0", file }],
          seed: file,
          sockets: { qmp: file, agent: file, guestAgent: file, spice: file, serial: file, display: file },
          serialLog: file,
          kernel: { kernel: file, initrd: file, append },
        };
        const args = qemuArgs(evil);
        assert.deepEqual(shape(args), usual);
        assert.equal(parts(args[args.indexOf("-name") + 1]!)[0], `guest=${name}`);
      }),
      { numRuns: 500 },
    );
  });

  attack("QEMU itself reads a name with commas as more than a name", async () => {
    for (const name of ["a,process=b", "a,,b", "guest=a,debug-threads=on", "a=b,c", "-S", "a b"]) {
      const args = qemuArgs({ ...plan, name });
      const option = args[args.indexOf("-name") + 1]!;
      assert.deepEqual(await nameInQemu(option), { name });
    }
  });

  attack("a disk's file is read as a protocol, a description or an option", () => {
    fc.assert(
      fc.property(anyText, (path) => {
        const args = qemuArgs({ ...plan, disks: [{ ...plan.disks[0]!, file: path }] });
        const node = args
          .map((word) => (word.startsWith('{"driver":"qcow2"') ? word : undefined))
          .find(Boolean);
        const { file, driver } = JSON.parse(node!) as {
          driver: string;
          file: { driver: string; filename: string };
        };
        assert.deepEqual([driver, file.driver, file.filename], ["qcow2", "file", path]);
      }),
    );
  });

  attack(
    "every disk and medium is given without its format, so that QEMU would look at what the guest wrote",
    () => {
      const args = qemuArgs(plan);
      for (const [at, word] of args.entries()) {
        if (word === "-blockdev") assert.ok((JSON.parse(args[at + 1]!) as { driver?: string }).driver);
        if (word === "-drive") assert.match(args[at + 1]!, /(^|,)format=(raw|qcow2)(,|$)/);
        assert.ok(!["-hda", "-cdrom", "-fda", "-drive file"].includes(word));
      }
    },
  );

  attack("a host name begins an option of the user network", () => {
    const usual = parts(userOptions({ publishes: [], hostname: "web" })).length;
    fc.assert(
      fc.property(anyText, (hostname) => {
        try {
          assert.equal(parts(userOptions({ publishes: [], hostname })).length, usual);
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
      }),
    );
  });
});

describe("what dnsmasq reads", () => {
  attack("a guest's name begins a line or a field of its own", () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (mac, address, name) => {
        for (const reservation of [
          { mac, address: "10.0.0.2", names: ["web"] },
          { mac: "52:54:00:00:00:01", address, names: ["web"] },
          { mac: "52:54:00:00:00:01", address: "10.0.0.2", names: [name] },
          { mac: "52:54:00:00:00:01", address: "10.0.0.2", address6: address, names: ["web"] },
        ]) {
          try {
            const { dhcp, dns, file } = reservationFiles(reservation);
            assert.match(dhcp, /^([0-9a-f]{2}:){5}[0-9a-f]{2},[0-9.]+(,\[[0-9a-f:.]+\])?\n$/i);
            assert.match(dns, /^([0-9a-f:.]+ [a-z0-9-]+\n){1,2}$/i);
            assert.match(file, /^[0-9a-f-]+$/);
          } catch (error) {
            assert.ok(error instanceof RangeError, String(error));
          }
        }
      }),
    );
  });
});

describe("what nftables reads", () => {
  attack("whom a firewall's rule speaks of is a rule of its own", () => {
    const written = (peer: string): string => {
      const rule = {
        id: "r1",
        direction: "in",
        protocol: "any",
        ports: [],
        peer: { peer },
        log: false,
      } as const;
      const { chains, sets, counters } = tableOf({
        tag: "zz",
        ports: [],
        groups: [{ id: "g1", rules: [rule] }],
        peers: [{ id: peer, members: ["10.0.0.2"] }],
      });
      const all = [...chains.keys(), ...[...chains.values()].flat(), ...sets.keys(), ...counters];
      return all.join("\n").replace(/(peer[46]_)[0-9a-f]{10}/g, "$1");
    };
    const usual = written("guest web");
    assert.match(usual, /peer4_/);
    fc.assert(fc.property(anyText, (peer) => assert.equal(written(peer), usual)));
  });
});

/** What a QEMU that was started with this -name says that it is called. It has no machine. */
async function nameInQemu(option: string): Promise<unknown> {
  const qemu = spawn("qemu-system-x86_64", [
    "-machine",
    "none",
    "-nodefaults",
    "-display",
    "none",
    "-name",
    option,
    "-qmp",
    "stdio",
  ]);
  let said = "";
  qemu.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()));
  qemu.stdin.write('{"execute":"qmp_capabilities"}{"execute":"query-name","id":1}{"execute":"quit"}');
  await once(qemu, "close");
  const line = said.split("\n").find((each) => each.includes('"id": 1'));
  return (JSON.parse(line ?? "{}") as { return?: unknown }).return;
}
