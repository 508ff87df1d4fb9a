import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { hostImageTools, type DownloadRequest } from "./host-tools.ts";

const sha256 = "a".repeat(64);
const cloudRecipe = `name: cloud
description: A published image
kind: cloud-image
url: https://example.com/cloud.qcow2
format: qcow2
checksumUrl: https://example.com/SHA256SUMS
user: someone
agent: qemu
firmware: [bios, uefi]
`;

describe("this host's tools for images", () => {
  let base = "";
  let asked: DownloadRequest[] = [];
  before(async () => {
    base = await mkdtemp(join(tmpdir(), "host-tools-"));
    await mkdir(join(base, "recipes"));
    await mkdir(join(base, "place"));
    await writeFile(join(base, "recipes", "cloud.yaml"), cloudRecipe);
  });
  after(() => rm(base, { recursive: true }));

  /** Tools whose downloads are a fresh qcow2. */
  const tools = () =>
    hostImageTools({
      recipes: join(base, "recipes"),
      async download(request) {
        asked.push(request);
        request.onProgress(0.5);
        const path = join(base, "downloaded");
        await exec("qemu-img", ["create", "-q", "-f", "qcow2", path, "8M"]);
        return { path, sha256 };
      },
    });

  it("know the recipes and notice a changed one", async () => {
    const [before] = await tools().recipes();
    assert.deepEqual(
      [before?.name, before?.description, before?.kind],
      ["cloud", "A published image", "cloud-image"],
    );
    await writeFile(join(base, "recipes", "cloud.yaml"), cloudRecipe.replace("someone", "another"));
    const after = await tools().recipe("cloud");
    assert.notEqual(after.digest, before?.digest);
    await assert.rejects(tools().recipe("none"), { code: "image.recipe_not_found" });
  });

  it("fetch a published image as its recipe says, and know of it what the recipe knows", async () => {
    asked = [];
    const seen: (number | undefined)[] = [];
    const place = {
      folder: join(base, "place"),
      signal: new AbortController().signal,
      progress: (fraction: number | undefined) => void seen.push(fraction),
    };
    const made = await tools().build("cloud", place);
    assert.equal(asked[0]?.url, "https://example.com/cloud.qcow2");
    assert.equal(asked[0]?.checksumUrl, "https://example.com/SHA256SUMS");
    const { agent, cloudInit, firmware, defaultUser, description, size } = made;
    assert.deepEqual(
      { agent, cloudInit, firmware, defaultUser, description, size, digest: made.sha256 },
      {
        agent: "qemu",
        cloudInit: true,
        firmware: ["bios", "uefi"],
        defaultUser: "another",
        description: "A published image",
        size: 8 * 2 ** 20,
        digest: sha256,
      },
    );
    assert.deepEqual(await readdir(place.folder), ["disk.raw"]);
    const fractions = seen.filter((fraction) => fraction !== undefined);
    assert.deepEqual(fractions, fractions.toSorted(), "progress only grows");
  });

  it("flatten a guest's disk with the layers below it", async () => {
    const below = join(base, "below.raw");
    const top = join(base, "top.qcow2");
    await writeFile(below, Buffer.alloc(2 ** 20, "below"));
    await exec("qemu-img", ["create", "-q", "-f", "qcow2", "-b", below, "-F", "raw", top]);
    await exec("qemu-io", ["-f", "qcow2", "-c", "write -P 120 65536 65536", top]);
    const folder = join(base, "flat");
    await mkdir(folder);
    const disk = { guest: "g1", name: "web", path: top, format: "qcow2", size: 2 ** 20 } as const;
    const facts = { agent: "lodge", cloudInit: true, firmware: "uefi" } as const;
    const place = { folder, signal: new AbortController().signal, progress: () => {} };
    const made = await tools().flatten({ ...disk, ...facts }, place);
    assert.deepEqual(made.firmware, ["uefi"]);
    const expected = Buffer.alloc(2 ** 20, "below").fill("x", 65536, 131072);
    assert.ok((await readFile(made.path)).equals(expected));
  });
});
