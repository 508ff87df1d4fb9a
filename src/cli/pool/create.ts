import { poolKinds } from "#contract/schema/pool";
import { choice, command, parsed, text } from "../command.ts";
import { cephBody, cephOptions } from "./ceph.ts";
import { parseSize } from "../values.ts";

export const create = command({
  operands: [{ name: "NAME" }, { name: "TARGET", complete: "file" }],
  options: {
    kind: choice(poolKinds, "What it is (default directory)."),
    quota: parsed("SIZE", "The most that its volumes may have together.", parseSize),
    ...cephOptions,
    description: text("TEXT", "What it is for."),
  },
  about: `TARGET is a folder of the host's, of which Lodge uses a folder 'lodge'; of kind 'shared', a folder that has to be
    a mount point, so that nothing lands on the host's own disk while its server is away; of kind 'lvm',
    VOLUME-GROUP/THIN-POOL; of kind 'rbd', the name of Ceph's pool, whose monitors, user and keyring are said as well: the
    host needs the packages ceph-common and qemu-block-extra for it. On btrfs, XFS, LVM and Ceph, clones within a pool share
    their blocks.`,
  examples: [
    ["lodge pool create fast /srv/nvme", "a folder on another disk"],
    [
      "lodge pool create team /mnt/nfs --kind shared --quota 500G",
      "an NFS mount, of which 500 GiB may be promised",
    ],
    ["lodge pool create thin vg0/thin --kind lvm", "a thin pool of LVM"],
    [
      "lodge pool create ceph rbd --kind rbd --monitor 10.0.0.11 --monitor 10.0.0.12 --user lodge --keyring ./keyring",
      "the pool 'rbd' of a Ceph",
    ],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [name = "", target = ""] = operands;
    const { kind = "directory", quota, description } = options;
    const body = {
      name,
      kind,
      target,
      ...cephBody(options, command),
      ...(quota === undefined ? {} : { quota }),
      ...(description === undefined ? {} : { description }),
    };
    await client.call("poolCreate", { body });
    terminal.print(`pool ${name} is made`);
  },
});
