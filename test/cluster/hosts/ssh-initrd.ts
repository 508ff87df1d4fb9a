/** The tiny guest with a server for SSH in it: dropbear, out of Debian's packages like the rest of it. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { exec } from "#base/exec";
import { cpio, type CpioEntry } from "../../vm/cpio.ts";
import { tinyGuest } from "../../vm/tiny-guest.ts";

const packages = ["dropbear-bin", "libtomcrypt1", "libtommath1", "libgmp10", "zlib1g"];
const library = /^lib(tomcrypt|tommath|gmp|z)\.so\.\d+/;

const started = `#!/bin/sh
mkdir -p /etc/dropbear
chmod 700 /root /root/.ssh
exec dropbear -R -F -s
`;

/** Writes its initrd to a file. Root is let in by the key, which is a line of authorized_keys. */
export async function writeSshInitrd(path: string, key: string): Promise<void> {
  const { initrd } = await tinyGuest();
  const own = await readFile(initrd);
  const folders = ["usr", "usr/sbin", "usr/lib", "usr/lib/x86_64-linux-gnu", "root", "root/.ssh"];
  const added = cpio([
    ...folders.map((path): CpioEntry => ({ path, kind: "directory" })),
    ...(await programs()),
    { path: "etc/shells", kind: "file", data: Buffer.from("/bin/sh\n"), mode: 0o644 },
    { path: "root/.ssh/authorized_keys", kind: "file", data: Buffer.from(key), mode: 0o600 },
    { path: "etc/started", kind: "file", data: Buffer.from(started), mode: 0o755 },
  ]);
  await writeFile(path, Buffer.concat([own, Buffer.alloc((4 - (own.length % 4)) % 4), added]));
}

async function programs(): Promise<CpioEntry[]> {
  const work = await mkdtemp(join(tmpdir(), "lodge-ssh-"));
  try {
    await exec("apt-get", ["download", ...packages], { cwd: work, timeout: 120_000 });
    const root = join(work, "root");
    await mkdir(root);
    for (const file of (await readdir(work)).filter((name) => name.endsWith(".deb")))
      await exec("dpkg-deb", ["-x", join(work, file), root]);
    const files = await readdir(root, { recursive: true, withFileTypes: true });
    const wanted = files.filter(
      (file) => file.isFile() && (file.name === "dropbear" || library.test(file.name)),
    );
    const entries = await Promise.all(
      wanted.map(async ({ parentPath, name }): Promise<CpioEntry[]> => {
        const data = await readFile(join(parentPath, name));
        if (name === "dropbear") return [{ path: "usr/sbin/dropbear", kind: "file", data, mode: 0o755 }];
        const file: CpioEntry = { path: `usr/lib/x86_64-linux-gnu/${name}`, kind: "file", data, mode: 0o755 };
        const link = name.replace(/(\.so\.\d+).*/, "$1");
        if (link === name) return [file];
        return [file, { path: `usr/lib/x86_64-linux-gnu/${link}`, kind: "link", target: basename(name) }];
      }),
    );
    return entries.flat();
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
