/**
 * Builds the web interface into web/dist where that is missing or older than what it is made of. Each file is
 * also kept compressed, so that the daemon need not do it for each who asks.
 *
 * The build is made aside and then put in its place: who is just being served never sees half of it.
 */
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { exec } from "#base/exec";
import { LodgeError } from "#contract/errors";

const checkout = join(import.meta.dirname, "..");
export const webFolder = join(checkout, "web/dist");
const stampFile = ".sources";

/** Whatever can change the build. */
const sources = [
  "web/**/*.{ts,tsx,css,html,svg,json}",
  "src/{contract,client}/**/*.ts",
  "package.json",
  "package-lock.json",
  "tools/{web,first-load,vite.config}.ts",
];

/** A digest of everything that the build is made of. */
export function webSources(): string {
  const digest = createHash("sha256");
  const files = globSync(sources, { cwd: checkout, exclude: ["web/dist/**"] });
  for (const file of files.filter((name) => !name.includes(".test.")).toSorted()) {
    digest
      .update(`${file}\0`)
      .update(readFileSync(join(checkout, file)))
      .update("\0");
  }
  return digest.digest("hex");
}

/**
 * Builds it if need be; resolves to the seconds that took, undefined where nothing had to be done.
 *
 * @throws LodgeError cli.web_failed
 */
export async function ensureWeb(): Promise<number | undefined> {
  const wanted = webSources();
  const found = await readFile(join(webFolder, stampFile), "utf8").catch(() => undefined);
  if (found === wanted) return undefined;
  const begun = performance.now();
  const aside = join(checkout, ".cache", `web-${process.pid}`);
  try {
    await build(aside);
    await compress(aside);
    await writeFile(join(aside, stampFile), wanted);
    await putInPlace(aside);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return (performance.now() - begun) / 1000;
}

async function build(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const vite = join(checkout, "node_modules/vite/bin/vite.js");
  try {
    await exec(process.execPath, [vite, "build", "--logLevel", "warn", "--config", "tools/vite.config.ts"], {
      cwd: checkout,
      env: { LODGE_WEB_OUT: out, NODE_ENV: "production" },
      timeout: 300_000,
    });
  } catch (cause) {
    const detail = cause instanceof LodgeError ? cause.detail : String(cause);
    throw new LodgeError("cli.web_failed", {}, { cause, detail });
  }
}

const compressible = new Set([".css", ".html", ".js", ".svg"]);
const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

async function compress(folder: string): Promise<void> {
  const files = globSync("**/*", { cwd: folder }).filter((file) => compressible.has(extname(file)));
  await Promise.all(
    files.map(async (file) => {
      const path = join(folder, file);
      const content = await readFile(path);
      const text = constants.BROTLI_MODE_TEXT;
      const params = { [constants.BROTLI_PARAM_MODE]: text, [constants.BROTLI_PARAM_QUALITY]: 9 };
      await writeFile(`${path}.br`, await brotli(content, { params }));
      await writeFile(`${path}.gz`, await deflate(content, { level: 9 }));
    }),
  );
}

/** What was there before goes; two renames are the shortest time that nothing is there. */
async function putInPlace(aside: string): Promise<void> {
  const old = `${aside}-old`;
  await rename(webFolder, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(aside, webFolder);
  await rm(old, { recursive: true, force: true });
}
