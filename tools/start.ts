/**
 * The second half of `npm start`: a daemon, the default image, a first guest, and proof that it runs.
 * Everything that is there already is left as it is.
 */
import { spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { systemClock } from "#base/clock";
import { homePaths, resolveHome } from "#base/home";
import { retry } from "#base/retry";
import { createClient, type Client } from "#client/client";
import { lastWords } from "#hypervisor/qemu/process";
import { createProgress } from "#cli/progress";
import { createTerminal } from "#cli/terminal";
import { reported } from "./reported.ts";

const image = "debian-13";
const first = "first";
const checkout = join(import.meta.dirname, "..");
const paths = homePaths(resolveHome());
const terminal = createTerminal();
const say = (line: string) => terminal.print(line);

await reported(async () => {
  const { values } = parseArgs({ options: { listen: { type: "string" } } });
  const client = createClient({ socketPath: paths.socket });
  await startDaemon(client, values.listen);
  await ensureImage(client);
  await ensureGuest(client);
  for (const command of [
    ["cat", "/etc/os-release"],
    ["uname", "-a"],
  ])
    await runInside(client, command);
  const lodge = "./bin/lodge";
  say("");
  say(`${lodge} run ${image} --name web   another guest, in a fraction of a second`);
  say(`${lodge} shell ${first}              a shell in the first one`);
  say(`${lodge} ls                       all of them`);
  say(`${lodge} --help                   everything else; 'npm stop' ends the daemon, guests live on`);
});

/** @throws LodgeError cli.daemon_start */
async function startDaemon(client: Client, listen: string | undefined): Promise<void> {
  if (await answers(client)) return say(`Lodge's daemon runs already on ${paths.home}`);
  mkdirSync(paths.logs, { recursive: true });
  const log = join(paths.logs, "lodged.log");
  const output = openSync(log, "a", 0o640);
  const child = spawn(
    join(checkout, "bin/lodged"),
    ["--home", paths.home, ...(listen === undefined ? [] : ["--listen", listen])],
    {
      cwd: "/",
      detached: true,
      stdio: ["ignore", output, output],
    },
  );
  let ended = false;
  child.once("exit", () => (ended = true));
  child.unref();
  const attempt = async () => {
    if (!(await answers(client))) throw new LodgeError("api.daemon_unreachable", { address: paths.socket });
  };
  try {
    await retry(attempt, {
      clock: systemClock,
      first: 50,
      longest: 250,
      timeout: 60_000,
      again: () => !ended,
    });
  } catch (error) {
    const reason = ended ? "it ended at once" : "it does not answer";
    throw new LodgeError("cli.daemon_start", { reason, log }, { cause: error, detail: lastWords(log, 12) });
  }
  say(`Started Lodge's daemon on ${paths.home}`);
}

async function answers(client: Client): Promise<boolean> {
  try {
    await client.call("hostGet", {});
    return true;
  } catch (error) {
    if (hasCode(error, "api.daemon_unreachable", "api.daemon_lost")) return false;
    throw error;
  }
}

async function ensureImage(client: Client): Promise<void> {
  const images = await client.call("imageList", {});
  if (images.some(({ name }) => name === image)) return say(`Image ${image} is there`);
  await follow(client, await client.call("imageBuild", { body: { recipe: image } }), image);
  say(`Built image ${image}`);
}

async function ensureGuest(client: Client): Promise<void> {
  const guests = await client.call("guestList", {});
  const there = guests.find(({ name }) => name === first);
  if (there?.state === "running") return say(`Guest ${first} runs already`);
  if (there && ["stopped", "suspended", "crashed"].includes(there.state)) {
    await follow(client, await client.call("guestStart", { params: { guest: first } }), first);
    return say(`Started guest ${first}`);
  }
  await awaitTemplate(client);
  const begun = performance.now();
  await follow(client, await client.call("guestCreate", { body: { image, name: first } }), first);
  const { origin } = await client.call("guestGet", { params: { guest: first } });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  say(`Guest ${first} is up: ${origin.how === "fork" ? "forked" : "booted"} in ${seconds} s`);
}

/** The template that the image's build has begun is shown as it grows; without it the guest simply boots. */
async function awaitTemplate(client: Client): Promise<void> {
  const templates = await client.call("templateList", {});
  if (templates.some(({ imageName, state }) => imageName === image && state !== "building")) return;
  await follow(client, await client.call("templateBuild", { body: { image } }), "template").catch(
    () => undefined,
  );
}

async function follow(client: Client, operation: Operation, label: string): Promise<Operation> {
  const progress = createProgress(terminal, label);
  try {
    return await client.waitFor(operation, {
      onProgress: ({ progress: now }) => progress.update(now.message, now.fraction),
    });
  } finally {
    progress.end();
  }
}

async function runInside(client: Client, argv: string[]): Promise<void> {
  say("");
  say(`$ lodge exec ${first} -- ${argv.join(" ")}`);
  const session = await client.exec(first, { argv });
  session.stdin.end();
  session.stdout.pipe(process.stdout, { end: false });
  session.stderr.pipe(process.stderr, { end: false });
  await session.exit;
}
