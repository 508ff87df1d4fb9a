import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { asLodgeError } from "#contract/errors";
import { resolveHome } from "#base/home";
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
  --witness            run no guests, only give two hosts of a cluster a third vote: on a small computer of its own.
                       'lodge cluster ls' shows it, 'lodge cluster remove' on a host takes it out
  --join TOKEN         become a witness of the cluster that printed this ('lodge cluster token'), where this one
                       is none yet; as --name NAME, and found by the others at --address IP[:PORT]
  --address IP[:PORT]  needed only where this computer has several; port 8470 and the next two are used
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
      witness: { type: "boolean" },
      join: { type: "string" },
      address: { type: "string" },
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
  const { listen = [], name = [], cert, key, join, address } = values;
  const home = values.home ?? resolveHome();
  if (values.witness) {
    const { runWitness } = await import("../src/daemon/run-witness.ts");
    const [called] = name;
    const given = {
      ...(called === undefined ? {} : { name: called }),
      ...(address === undefined ? {} : { address }),
    };
    return runWitness({ home, ...(join === undefined ? {} : { join: { token: join, ...given } }) });
  }
  if (join !== undefined || address !== undefined) {
    process.stderr.write(`lodged: --join and --address are a witness's\n${usage}`);
    return 2;
  }
  if ((cert === undefined) !== (key === undefined)) {
    process.stderr.write(`lodged: --cert and --key belong together\n${usage}`);
    return 2;
  }
  const { run } = await import("../src/daemon/run.ts");
  return run({
    home,
    listen,
    names: name,
    withoutCells: values["without-cells"] ?? false,
    ...(cert === undefined || key === undefined
      ? {}
      : { certificate: { cert: resolve(cert), key: resolve(key) } }),
  });
}

// What sockets read is counted with the heap. Counted by itself, as it is by default, V8 looks through the heap for each 30 MB of it, and a daemon
// passes on whole disks and memories.
setFlagsFromString("--external-memory-accounted-in-global-limit");

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
