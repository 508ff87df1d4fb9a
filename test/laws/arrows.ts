/**
 * Who may import whom: the house's arrows as data. What is not said here is forbidden.
 *
 *   bin → daemon → server → domain → durable → base → contract
 *                           domain → hypervisor → base      (hypervisor and durable are strangers)
 *                           domain → client → contract      (calls to other hosts)
 *   bin → cli → client ← web
 */
import { dirname, join } from "node:path/posix";

/** A layer imports what its arrows lead to, however far. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  bin: ["daemon", "cli"],
  daemon: ["server"],
  server: ["domain"],
  domain: ["durable", "hypervisor", "client"],
  durable: ["base"],
  hypervisor: ["base"],
  base: ["contract"],
  cli: ["client"],
  web: ["client"],
  client: ["base"],
  contract: [],
};

/** The domain's nouns: each rank imports those below it, never its own or one above. */
const ranks: readonly (readonly string[])[] = [
  ["cluster", "view"],
  ["desktop"],
  ["template", "console", "upload", "webhook"],
  ["guest"],
  ["volume", "network", "image", "host", "access", "request"],
  ["project", "firewall", "member"],
];

/** Parts of a layer that are strangers to each other, and the few that are not. */
const durable: Readonly<Record<string, readonly string[]>> = { operation: ["store"], store: [] };

/** What comes from outside, and the layers that alone may use it. */
const outside: readonly {
  readonly module: RegExp;
  readonly layers: readonly string[];
  readonly why: string;
}[] = [
  {
    module: /^node:/,
    layers: ["bin", "daemon", "server", "domain", "durable", "hypervisor", "base", "cli", "client"],
    why: "contract and web also live in a browser",
  },
  {
    module: /^node:child_process$/,
    layers: ["base", "hypervisor", "bin", "cli"],
    why: "commands are run by base/exec",
  },
  { module: /^node:sqlite$/, layers: ["durable"], why: "the store alone knows how it is kept" },
  {
    module: /^node:ffi$/,
    layers: ["base", "hypervisor"],
    why: "only what touches the computer calls into libc",
  },
  { module: /^fastify|^@fastify\//, layers: ["server"], why: "HTTP is the server's" },
  { module: /^commander$|^@clack\//, layers: ["cli", "bin"], why: "the command line is the cli's" },
  {
    module: /^typebox|^ajv/,
    layers: ["contract", "server", "domain", "hypervisor"],
    why: "schemas are checked at the edge",
  },
];

/** A module's place: its layer, and its noun where the layer has folders. */
interface Place {
  readonly layer: string;
  readonly noun: string | undefined;
}

function place(path: string): Place {
  const parts = path.replace(/^src\//, "").split("/");
  return { layer: (parts[0] ?? "").replace(/\.ts$/, ""), noun: parts.length > 2 ? parts[1] : undefined };
}

/** Where an import leads, as a path from the root; undefined for a package or a built-in module. */
function target(from: string, specifier: string): string | undefined {
  if (specifier.startsWith("#")) return `src/${specifier.slice(1)}.ts`;
  return specifier.startsWith(".") ? join(dirname(from), specifier) : undefined;
}

function reachable(layer: string): Set<string> {
  const found = new Set<string>();
  const queue = [layer];
  for (const next of queue)
    for (const to of arrows[next] ?? [])
      if (!found.has(to)) {
        found.add(to);
        queue.push(to);
      }
  return found;
}

const rankOf = (noun: string): number => ranks.findIndex((rank) => rank.includes(noun));

function insideLayer(from: Place, to: Place): string | undefined {
  if (from.noun === to.noun || from.noun === undefined) return undefined;
  // Each part shuts what it runs into cells (decision 30).
  if (from.layer === "hypervisor")
    return to.noun === "cell" ? undefined : "parts of the hypervisor are strangers to each other";
  if (from.layer === "durable")
    return durable[from.noun]?.includes(to.noun ?? "") ? undefined : "the store knows nothing of operations";
  if (from.layer !== "domain") return undefined;
  if (to.noun === undefined) return "a noun of the domain imports nothing above the nouns";
  for (const noun of [from.noun, to.noun]) if (rankOf(noun) < 0) return `${noun} has no rank in the domain`;
  return rankOf(from.noun) < rankOf(to.noun) ? undefined : `${to.noun} does not lie below ${from.noun}`;
}

/** Why this import is against the law; undefined when it is not. */
export function verdict(path: string, specifier: string): string | undefined {
  const from = place(path);
  if (!(from.layer in arrows)) return `${from.layer} is no layer`;
  const file = target(path, specifier);
  if (file === undefined) {
    const law = outside.find(({ module, layers }) => module.test(specifier) && !layers.includes(from.layer));
    return law && `${from.layer} may not import ${specifier}: ${law.why}`;
  }
  const to = place(file);
  if (from.layer === to.layer) {
    if (specifier.startsWith("#") && from.noun === to.noun) return "within a folder imports are relative";
    return insideLayer(from, to);
  }
  if (!reachable(from.layer).has(to.layer)) return `${from.layer} may not import ${to.layer}`;
  return specifier.startsWith("#") || from.layer === "bin" ? undefined : "across layers imports begin with #";
}
