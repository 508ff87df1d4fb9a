import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { files, isTest } from "./sources.ts";

const here = "test/laws/text.test.ts";
const everything = files.filter(({ path }) => path !== here);

/** Lines that match, as "path:line: text". */
function found(pattern: RegExp, among = everything): string[] {
  return among.flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

/** Hosts that the repository may name; everything else would be some machine's own. */
const hosts =
  /^(deb\.debian\.org|security\.debian\.org|cloud\.debian\.org|cdimage\.debian\.org|cloud-images\.ubuntu\.com|cloud\.ubuntu\.com|(www\.)?apache\.org|dl-cdn\.alpinelinux\.org|(download|dl)\.fedoraproject\.org|registry\.npmjs\.org|nodejs\.org|json-schema\.org|www\.w3\.org|localhost|127\.0\.0\.1|\[::1\]|([\w-]+\.)*example(\.(com|net|org))?|[\w.-]+\.invalid|lodge|unix|github\.com|(www\.)?qemu\.org|libvirt\.org|(www\.)?rfc-editor\.org|docs\.kernel\.org|systemd\.io|cloudinit\.readthedocs\.io|swagger\.io|spec\.openapis\.org|\$.*|%.*)(:(\d+|\$.*))?$/;

describe("the text of the repository", () => {
  it("names no folder of one person's machine", () => {
    assert.deepEqual(
      found(/(?<![\w.}])\/(work|home\/(?!user\b|debian\b|<|\$|ubuntu\b)\w+|Users\/\w+|tmp\/lab)\b/),
      [],
    );
  });

  it("names only public hosts", () => {
    const foreign = everything.flatMap(({ path, text }) =>
      [...text.matchAll(/\bhttps?:\/\/([^\s/"'`<>)?#\\,;]+)/g)]
        .map((match) => match[1] ?? "")
        .filter((host) => !hosts.test(host.replace(/^[^@]*@/, "")))
        .map((host) => `${path}: ${host}`),
    );
    assert.deepEqual(foreign, []);
  });

  it("promises nothing that is not done", () => {
    assert.deepEqual(found(/\b(TODO|FIXME|XXX|HACK)\b|not (yet )?implemented/), []);
  });

  it("is about Lodge and not about how it was written", () => {
    assert.deepEqual(
      found(
        /\b(language model|LLM|chatbot|AI[- ](assistant|session|agent|generated)|copilot|prompt engineering)\b/i,
      ),
      [],
    );
  });

  it("ends each file with a line feed, and has no trailing blanks or tabs in code", () => {
    const code = everything.filter(({ path }) => /\.(ts|tsx|py|sh|ya?ml)$/.test(path));
    assert.deepEqual(
      code.filter(({ text }) => text !== "" && !text.endsWith("\n")).map(({ path }) => path),
      [],
    );
    assert.deepEqual(found(/[ \t]+$/, code), []);
  });

  it("holds no test that is skipped, alone or without an assertion", () => {
    const tests = everything.filter(({ path }) => path.endsWith(".test.ts"));
    assert.deepEqual(
      found(/\b(it|test|describe)\.only\(|\bonly: true\b|\b(it|test|describe)\.(skip|todo)\(/, tests),
      [],
    );
    const idle = tests.filter(({ text }) => !/\bassert\b|\bcheck\(|[cC]onformance|harness/.test(text));
    assert.deepEqual(
      idle.map(({ path }) => path),
      [],
    );
  });

  it("writes nothing to the console outside the command line", () => {
    const quiet = everything.filter(({ path }) => /^src\/(?!cli\/).*\.ts$/.test(path) && !isTest(path));
    assert.deepEqual(found(/\bconsole\.(log|error|warn|info|debug)\(/, quiet), []);
  });
});
