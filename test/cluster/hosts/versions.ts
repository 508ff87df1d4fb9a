/** Lodge as it stands here, and as versions before and after it that speak otherwise: copies whose numbers are changed, and nothing else. */
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

const checkout = join(import.meta.dirname, "../../..");
const parts = ["agent", "bin", "package.json", "recipes", "src", "tools"];

export const thisLodge = checkout;

/** Makes one in the folder that speaks `apart` more than this one. */
export async function otherLodge(folder: string, apart: number): Promise<string> {
  const lodge = join(folder, `lodge${apart}`);
  await mkdir(lodge);
  for (const part of parts) await cp(join(checkout, part), join(lodge, part), { recursive: true });
  await symlink(join(checkout, "node_modules"), join(lodge, "node_modules"));
  await change(join(lodge, "src/contract/wire.ts"), /(?<=^export const wire = )\d+(?=;$)/m, (wire) =>
    String(Number(wire) + apart),
  );
  await change(join(lodge, "package.json"), /(?<="version": ")[^"]+/, (version) => `${version}${apart}`);
  return lodge;
}

async function change(file: string, what: RegExp, by: (found: string) => string): Promise<void> {
  const before = await readFile(file, "utf8");
  const after = before.replace(what, by);
  if (after === before) throw new Error(`${file} has no number to change`);
  await writeFile(file, after);
}
