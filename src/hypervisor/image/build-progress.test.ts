import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildProgress } from "./build-progress.ts";

const lines = [
  "I: automatically chosen mode: root",
  "I: running apt-get update...",
  "Get:1 http://deb.debian.org/debian trixie InRelease [100 kB]",
  "Fetched 10.2 MB in 1s (7134 kB/s)",
  "I: downloading packages with apt...",
  "0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.",
  "Get:1 http://deb.debian.org/debian trixie/main amd64 a amd64 1 [1 kB]",
  "Get:2 http://deb.debian.org/debian trixie/main amd64 b amd64 1 [1 kB]",
  "Fetched 25.4 MB in 0s (159 MB/s)",
  "I: extracting archives...",
  "I: installing essential packages...",
  "Unpacking a (1) ...",
  "Setting up a (1) ...",
  "I: installing remaining packages inside the chroot...",
  "0 upgraded, 4 newly installed, 0 to remove and 0 not upgraded.",
  "Get:1 http://deb.debian.org/debian trixie/main amd64 c amd64 1 [1 kB]",
  "Fetched 96.2 MB in 2s (63.6 MB/s)",
  "Unpacking c (1) ...",
  "Setting up c (1) ...",
  "Setting up d (1) ...",
  "I: running --customize-hook directly: /x/customize.sh /tmp/y",
  "I: running --customize-hook directly: /x/filesystem.sh /tmp/y",
  "I: removing tempdir /tmp/y...",
];

describe("a build's progress", () => {
  it("goes through every phase in order, and never back", () => {
    const read = buildProgress();
    const seen = lines.flatMap((line) => read(line) ?? []);
    const messages = seen.map(({ message }) => message).filter((message, i, all) => message !== all[i - 1]);
    assert.deepEqual(messages, [
      "Reading the package lists",
      "Downloading the base system",
      "Unpacking the base system",
      "Installing the base system",
      "Downloading packages",
      "Unpacking packages",
      "Setting up packages",
      "Making it a guest of Lodge",
      "Writing the disk",
      "Cleaning up",
    ]);
    const fractions = seen.map(({ fraction }) => fraction);
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
    );
    assert.ok(fractions.every((fraction) => fraction >= 0 && fraction <= 1));
  });

  it("counts packages by apt's own number", () => {
    const read = buildProgress();
    const at = (line: string) => read(line)?.fraction;
    at("I: running apt-get update...");
    const start = at("I: downloading packages with apt...") ?? 0;
    at("0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.");
    const first = at("Get:1 x") ?? 0;
    const second = at("Get:2 x") ?? 0;
    assert.ok(Math.abs(second - start - 2 * (first - start)) < 1e-9);
    assert.equal(at("Get:3 x"), undefined);
  });

  it("says nothing for lines that tell nothing", () => {
    assert.equal(buildProgress()("Selecting previously unselected package x."), undefined);
  });
});
