import { parseArgs } from "node:util";
import { asLodgeError } from "#contract/errors";
import { resolveHome } from "#base/home";
import { run } from "../src/daemon.ts";

const usage = `lodged [--home DIR] [--listen HOST:PORT]

Runs Lodge's daemon in the foreground until SIGTERM; guests live on.
  --home DIR           where it keeps everything; default: LODGE_HOME, /var/lib/lodge as root,
                       else the XDG data folder
  --listen HOST:PORT   also listen on a loopback address; the unix socket is always there
`;

async function start(): Promise<number> {
  const { values } = parseArgs({
    options: { home: { type: "string" }, listen: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  return run({
    home: values.home ?? resolveHome(),
    ...(values.listen === undefined ? {} : { listen: values.listen }),
  });
}

try {
  process.exit(await start());
} catch (error) {
  if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
    process.stderr.write(`lodged: ${error.message}\n${usage}`);
    process.exit(2);
  }
  const { message, hint, detail } = asLodgeError(error);
  process.stderr.write(`lodged: ${message}\n  ${hint}\n${detail === undefined ? "" : `${detail}\n`}`);
  process.exit(1);
}
