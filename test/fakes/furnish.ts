/** A faked daemon with something in it: images, and guests in the states that a page has to show. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "#client/client";
import type { Schemas } from "#contract/schemas";
import { createBlank } from "#hypervisor/disk/create";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** Imports an image that holds nothing; nothing will ever read it. */
export async function importBlank(client: Client, name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-blank-"));
  try {
    const path = join(folder, "disk.qcow2");
    await createBlank(path, { format: "qcow2", size: 2 * GiB });
    const begun = await client.call("imageImport", { body: { path, name, agent: "lodge" } });
    await client.waitFor(begun);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const databaseSetUp = `#cloud-config
packages:
  - postgresql
write_files:
  - path: /etc/postgresql/app.env
    content: |
      PGUSER=orders
      PGPASSWORD=unguessable
runcmd:
  - systemctl enable --now postgresql
`;

const guests: readonly Schemas["GuestCreate"][] = [
  {
    name: "web-1",
    cpus: 2,
    memory: 256 * MiB,
    labels: { tier: "front" },
    publish: [
      { protocol: "tcp", hostPort: 8080, guestPort: 80 },
      { protocol: "tcp", hostPort: 8443, guestPort: 443 },
    ],
  },
  { name: "web-2", cpus: 2, memory: 256 * MiB, labels: { tier: "front" }, firewalls: ["web"] },
  {
    name: "database",
    cpus: 4,
    memory: 512 * MiB,
    maxMemory: 4 * GiB,
    description: "Orders and customers",
    disks: [{}, { size: 10 * GiB }],
    userData: databaseSetUp,
    wait: "none",
  },
  { name: "queue", cpus: 1, memory: 128 * MiB },
  { name: "builder", cpus: 4, memory: 256 * MiB, image: "fedora-44" },
  { name: "mail", cpus: 1, memory: 128 * MiB },
  { name: "lab", cpus: 1, memory: 128 * MiB, start: false },
  { name: "archive", cpus: 1, memory: 128 * MiB, start: false, image: "fedora-44" },
];

/** What a host of a small company might have. Their memory is written nowhere: no machine runs. */
const webGroup: Schemas["FirewallCreate"] = {
  name: "web",
  description: "what everybody may reach",
  rules: [
    { direction: "in", protocol: "tcp", ports: ["80", "443"] },
    {
      direction: "in",
      protocol: "tcp",
      ports: ["22"],
      peer: "10.20.0.0/16",
      log: true,
      note: "from the office",
    },
    { direction: "in", protocol: "icmp", peer: "group:web" },
  ],
};

export async function furnish(client: Client): Promise<void> {
  for (const name of ["debian-13", "fedora-44"]) await importBlank(client, name);
  await client.call("firewallCreate", { body: webGroup });
  const begun = await Promise.all(
    guests.map((body) => client.call("guestCreate", { body: { image: "debian-13", cold: true, ...body } })),
  );
  await Promise.all(begun.map((operation) => client.waitFor(operation)));
  await grow(client, "lab");
  await client.waitFor(await client.call("guestPause", { params: { guest: "queue" } }));
  await client.waitFor(await client.call("guestSuspend", { params: { guest: "mail" } }));
}

/** A tree of snapshots in which a way was left. */
async function grow(client: Client, guest: string): Promise<void> {
  const take = async (name: string, description = "") => {
    const body = { name, description, freeze: "never" } as const;
    await client.waitFor(await client.call("snapshotCreate", { params: { guest }, body }));
  };
  await take("clean", "Fresh from the installer");
  await take("with-tools");
  await take("with-desktop", "Took too much memory");
  const params = { guest, snapshot: "with-tools" };
  await client.waitFor(await client.call("snapshotRestore", { params, body: {} }));
  await take("with-database");
}
