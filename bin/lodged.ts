import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { asLodgeError } from "#contract/errors";
import { resolveHome } from "#base/home";
import { run } from "../src/daemon/run.ts";
import { compile } from "./compile.ts";

const usage = `lodged [--home DIR] [--listen HOST:PORT]... [--name NAME]... [--cert FILE --key FILE]

Runs Lodge's daemon in the foreground until SIGTERM; guests live on.
  --home DIR           where it keeps everything; default: LODGE_HOME, /var/lib/lodge as root,
                       else the XDG data folder
  --listen HOST:PORT   also listen there, under TLS where that is no loopback address; may be given again.
                       The unix socket is always there
  --name NAME          a name or address by which browsers find this computer, besides its own
  --cert FILE          the certificate to show, in PEM with those that sign it, and its key in
  --key FILE           another file; without them Lodge makes its own
  --without-cells      guests' processes run as this user, in no cells: for guests that you trust, on a host
                       that allows none ('lodge doctor' says so)
  --compile            run nothing, only have Node keep the code compiled: bin/lodged sees to that
`;

async function start(): Promise<number> {
  const { values } = parseArgs({
    options: {
      home: { type: "string" },
      listen: { type: "string", multiple: true },
      name: { type: "string", multiple: true },
      cert: { type: "string" },
      key: { type: "string" },
      "without-cells": { type: "boolean" },
      compile: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (values.compile) {
    await compile();
    return 0;
  }
  const { listen = [], name = [], cert, key } = values;
  if ((cert === undefined) !== (key === undefined)) {
    process.stderr.write(`lodged: --cert and --key belong together\n${usage}`);
    return 2;
  }
  return run({
    home: values.home ?? resolveHome(),
    listen,
    names: name,
    withoutCells: values["without-cells"] ?? false,
    ...(cert === undefined || key === undefined
      ? {}
      : { certificate: { cert: resolve(cert), key: resolve(key) } }),
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
