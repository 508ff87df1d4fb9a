/** Where Debian's packages come from on this host, read from apt's own configuration. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface DebianMirrors {
  /** The archive (`…/debian`) and the security archive (`…/debian-security`). */
  readonly archive: string;
  readonly security: string;
}

export const publicMirrors: DebianMirrors = {
  archive: "http://deb.debian.org/debian",
  security: "http://deb.debian.org/debian-security",
};

interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** sources.list(5), one-line style: `deb [option=value] uri suite component…`. */
export function parseOneLine(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+(.+?)\s*(?:#.*)?$/.exec(line.trim());
    if (!match) return [];
    const [, uri = "", suite = "", components = ""] = match;
    return [{ uri, suites: [suite], components: components.split(/\s+/) }];
  });
}

/** sources.list(5), deb822 style: stanzas of fields, each of which may go on in indented lines. */
export function parseDeb822(text: string): AptSource[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  return lines
    .join("\n")
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = new Map<string, string[]>();
      for (const field of stanza.split(/\n(?=\S)/)) {
        const colon = field.indexOf(":");
        if (colon > 0)
          fields.set(
            field.slice(0, colon).trim().toLowerCase(),
            field
              .slice(colon + 1)
              .trim()
              .split(/\s+/),
          );
      }
      const enabled = !/^(no|false|0|off)$/i.test(fields.get("enabled")?.[0] ?? "yes");
      if (!enabled || !fields.get("types")?.includes("deb")) return [];
      const rest = { suites: fields.get("suites") ?? [], components: fields.get("components") ?? [] };
      return (fields.get("uris") ?? []).map((uri) => ({ uri, ...rest }));
    });
}

/**
 * The mirrors among a host's sources: those that serve `main` of the host's own suite. What cannot
 * serve another suite of Debian (a CD, a snapshot of one suite by file:) is passed over.
 */
export function chooseMirrors(sources: readonly AptSource[], codename: string): DebianMirrors {
  const serving = (suite: string) =>
    sources
      .find(
        (source) =>
          /^https?:/.test(source.uri) && source.suites.includes(suite) && source.components.includes("main"),
      )
      ?.uri.replace(/\/+$/, "");
  return {
    archive: serving(codename) ?? publicMirrors.archive,
    security: serving(`${codename}-security`) ?? publicMirrors.security,
  };
}

const readOr = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** This host's Debian mirrors; Debian's public ones where the host is no Debian. `root` is for tests. */
export async function hostMirrors(root = "/"): Promise<DebianMirrors> {
  const release = await readOr(join(root, "etc/os-release"));
  const codename = /^VERSION_CODENAME="?([a-z]+)/m.exec(release)?.[1];
  if (!/^ID="?debian"?$/m.test(release) || codename === undefined) return publicMirrors;
  const parts = join(root, "etc/apt/sources.list.d");
  const names = (await readdir(parts).catch(() => [])).toSorted();
  const sources = parseOneLine(await readOr(join(root, "etc/apt/sources.list")));
  for (const name of names) {
    const text = await readOr(join(parts, name));
    if (name.endsWith(".sources")) sources.push(...parseDeb822(text));
    else if (name.endsWith(".list")) sources.push(...parseOneLine(text));
  }
  return chooseMirrors(sources, codename);
}

/** The sources for a build, in one-line style as mmdebstrap takes them. */
export function sourceLines(mirrors: DebianMirrors, suite: string): string[] {
  return [
    `deb ${mirrors.archive} ${suite} main`,
    `deb ${mirrors.archive} ${suite}-updates main`,
    `deb ${mirrors.security} ${suite}-security main`,
  ];
}
