/** `npm run install-command`: links bin/lodge into a folder of PATH. */
import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { reported } from "./reported.ts";

const command = resolve(import.meta.dirname, "../bin/lodge");

await reported(async () => {
  const folder = process.getuid?.() === 0 ? "/usr/local/bin" : join(homedir(), ".local/bin");
  const link = join(folder, "lodge");
  mkdirSync(folder, { recursive: true });
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found && !(found.isSymbolicLink() && readlinkSync(link).endsWith("/bin/lodge"))) {
    throw new LodgeError("cli.link_taken", { path: link });
  }
  rmSync(link, { force: true });
  symlinkSync(command, link);
  console.log(`Linked ${link} to this checkout.`);
  if (!(process.env["PATH"] ?? "").split(":").includes(folder))
    console.log(`${folder} is not in your PATH yet.`);
});
