import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  chooseMirrors,
  hostMirrors,
  parseDeb822,
  parseOneLine,
  publicMirrors,
  sourceLines,
} from "./debian-sources.ts";

const deb822 = `# a comment
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main
`;

describe("apt's sources", () => {
  it("are read in deb822 style: fields that go on, comments, what is switched off, what has no packages", () => {
    assert.deepEqual(parseDeb822(deb822), [
      {
        uri: "http://mirror.example/debian/",
        suites: ["bookworm", "bookworm-updates"],
        components: ["main", "contrib"],
      },
    ]);
  });

  it("are read in one-line style, with options and comments", () => {
    const text =
      "# deb http://no.example x main\ndeb [arch=amd64 signed-by=/k] http://a.example/debian bookworm main non-free # ours\ndeb-src http://s.example x main\n";
    assert.deepEqual(parseOneLine(text), [
      { uri: "http://a.example/debian", suites: ["bookworm"], components: ["main", "non-free"] },
    ]);
  });

  it("give the mirror of the host's own suite, not some other archive", () => {
    const sources = [
      { uri: "https://deb.other.example/x", suites: ["nodistro"], components: ["main"] },
      { uri: "file:/media/cd", suites: ["bookworm"], components: ["main"] },
      ...parseDeb822(deb822),
    ];
    const mirrors = chooseMirrors(sources, "bookworm");
    assert.deepEqual(mirrors, { archive: "http://mirror.example/debian", security: publicMirrors.security });
    assert.deepEqual(chooseMirrors([], "bookworm"), publicMirrors);
  });

  it("make a build's three lines", () => {
    assert.deepEqual(sourceLines(publicMirrors, "trixie"), [
      "deb http://deb.debian.org/debian trixie main",
      "deb http://deb.debian.org/debian trixie-updates main",
      "deb http://deb.debian.org/debian-security trixie-security main",
    ]);
  });
});

describe("a host", () => {
  const withHost = async (release: string, check: (root: string) => Promise<void>) => {
    const root = await mkdtemp(join(tmpdir(), "lodge-sources-"));
    try {
      await mkdir(join(root, "etc/apt/sources.list.d"), { recursive: true });
      await writeFile(join(root, "etc/os-release"), release);
      await writeFile(join(root, "etc/apt/sources.list.d/debian.sources"), deb822);
      await check(root);
    } finally {
      await rm(root, { recursive: true });
    }
  };

  it("that is a Debian lends its mirror", () =>
    withHost("ID=debian\nVERSION_CODENAME=bookworm\n", async (root) =>
      assert.equal((await hostMirrors(root)).archive, "http://mirror.example/debian"),
    ));

  it("that is none does not", () =>
    withHost("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=bookworm\n", async (root) =>
      assert.deepEqual(await hostMirrors(root), publicMirrors),
    ));
});
