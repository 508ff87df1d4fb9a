/**
 * The second half of `npm start`: a daemon, the default image, a first guest, and proof that it runs.
 * Everything that is there already is left as it is; what an earlier start began is gone on with.
 */
import { finished } from "node:stream/promises";
import { hasCode } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import { createContext } from "#cli/context";
import { follow } from "#cli/operation/follow";
import { answers, hasService, startDaemon } from "#cli/host/daemon-process";
import { chooseAddress, keepAddress, keptAddress, urlOf } from "./address.ts";
import { flags, reported } from "./reported.ts";
import { ensureWeb } from "./web.ts";

const image = "debian-13";
const first = "first";

await reported(async () => {
  const { listen } = flags({ listen: { type: "string" } });
  const context = createContext({ name: "npm start", verbose: false });
  const { client, paths, terminal } = context;
  const say = (line = "") => terminal.print(line);

  const built = await ensureWeb();
  if (built !== undefined) say(`Built the web interface in ${built.toFixed(1)} s`);
  if (await answers(client)) {
    say(`Lodge's daemon runs already on ${paths.home}`);
    if (listen !== undefined) say("It keeps the address it has; --listen counts after 'npm stop'.");
  } else {
    const address = await chooseAddress(paths.home, listen);
    await startDaemon(client, paths, { listen: address });
    const service = hasService(paths.home);
    if (!service && address !== undefined) await keepAddress(paths.home, address);
    say(`Started Lodge's daemon${service ? " by its service" : ""} on ${paths.home}`);
    if (service && listen !== undefined)
      say("The service has an address of its own: 'npm run install-service -- --listen' changes it.");
  }
  await showLink();
  say(await ensureImage());
  say(await ensureGuest());
  await proveInside(["cat", "/etc/os-release"]);
  await proveInside(["uname", "-a"]);
  const home = process.env["LODGE_HOME"] === undefined ? "" : `LODGE_HOME=${paths.home} `;
  say();
  const next = [
    [`run ${image} --name web`, "another guest, in a fraction of a second"],
    [`shell ${first}`, "a shell in the first one"],
    ["ls", "all of them"],
    ["--help", "everything else; 'npm stop' ends the daemon, guests live on"],
  ] as const;
  for (const [words, meaning] of next) say(`${home}./bin/lodge ${words.padEnd(26)} ${meaning}`);

  /** The way into the web interface; as long as nobody has an account, with what makes the first one. */
  async function showLink(): Promise<void> {
    const { firstUse } = await client.call("sessionOptions");
    const kept = await keptAddress(paths.home);
    if (!firstUse) return void (kept !== undefined && say(`The web interface: ${urlOf(kept)}`));
    const { urls } = await client.call("signInLink");
    for (const url of urls) say(`Open ${url} to make your account; the link works once, within an hour.`);
  }

  async function ensureImage(): Promise<string> {
    const images = await client.call("imageList");
    if (images.some(({ name }) => name === image)) return `Image ${image} is there`;
    const building = await underWay("image.build", `image-name:${image}`);
    await follow(
      context,
      building ?? (await client.call("imageBuild", { body: { recipe: image, shared: true } })),
      image,
    );
    return `Built image ${image}`;
  }

  async function ensureGuest(): Promise<string> {
    const there = (await client.call("guestList")).find(({ name }) => name === first);
    const busy = there && (await underWay(undefined, `guest:${there.id}`));
    if (busy) await follow(context, busy, first);
    if (!there) return makeGuest();
    const params = { guest: first };
    const { state } = await client.call("guestGet", { params });
    if (state === "running") return `Guest ${first} runs already`;
    const operation = await client.call(state === "paused" ? "guestResume" : "guestStart", { params });
    await follow(context, operation, first);
    return `Started guest ${first}`;
  }

  async function makeGuest(): Promise<string> {
    await awaitTemplate();
    const body = { image, name: first };
    const ended = await follow(context, await client.call("guestCreate", { body }), first);
    const { origin } = await client.call("guestGet", { params: { guest: first } });
    const seconds = (Date.parse(ended.endedAt ?? "") - Date.parse(ended.startedAt)) / 1000;
    return `Guest ${first} is up: ${origin.how === "fork" ? "forked" : "booted"} in ${seconds.toFixed(1)} s`;
  }

  /** The template that the image's build has begun is shown as it grows; without it the guest simply boots. */
  async function awaitTemplate(): Promise<void> {
    const templates = await client.call("templateList");
    const forkable = (state: string) => state === "parked" || state === "evicted";
    if (templates.some(({ imageName, state }) => imageName === image && forkable(state))) return;
    const building = await underWay("template.build", undefined);
    try {
      const operation = building ?? (await client.call("templateBuild", { body: { image } }));
      await follow(context, operation, "template");
    } catch (error) {
      if (hasCode(error, "operation.detached", "operation.cancelled")) throw error;
    }
  }

  async function underWay(
    kind: string | undefined,
    target: string | undefined,
  ): Promise<Operation | undefined> {
    const query = target === undefined ? {} : { target };
    const operations = await client.call("operationList", { query });
    return operations.find((each) => !hasEnded(each) && (kind === undefined || each.kind === kind));
  }

  async function proveInside(argv: string[]): Promise<void> {
    say();
    say(terminal.paint("dim", `$ lodge exec ${first} -- ${argv.join(" ")}`));
    const command = await client.exec(first, { argv });
    command.stdin.end();
    command.stdout.pipe(terminal.stdout, { end: false });
    command.stderr.pipe(terminal.stderr, { end: false });
    await Promise.all([finished(command.stdout), finished(command.stderr), command.exit]);
  }
});
