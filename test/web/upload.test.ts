/** Does a file that is dropped onto the page become an image, though the connection breaks and the page is closed? */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CDPSession } from "playwright-core";
import { Visit } from "./browser.ts";
import { violations } from "./violations.ts";

const MiB = 2 ** 20;

let visit: Visit;
let network: CDPSession;
before(async () => {
  visit = await Visit.begin();
  await visit.signUp();
  network = await visit.page.context().newCDPSession(visit.page);
  await network.send("Network.enable");
});
after(() => visit.end());

/** Bytes a second that the page may send; none: as fast as it goes. */
const limit = (bytes: number, offline = false) =>
  network.send("Network.emulateNetworkConditions", {
    offline,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytes || -1,
  });

/** A disk by its partition table, and noise. */
function disk(size: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(size);
  randomBytes(size - 512).copy(bytes, 512);
  bytes.set([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 0, 0, 0], 446);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

async function file(name: string, bytes: Buffer): Promise<string> {
  const path = join(visit.daemon.folder, name);
  await writeFile(path, bytes);
  return path;
}

const page = () => visit.page;
const uploads = () => page().getByRole("region", { name: "Uploads" });
const button = (name: string) => page().getByRole("button", { name });

async function choose(path: string | string[], by = "Upload"): Promise<void> {
  const chooser = page().waitForEvent("filechooser");
  await page().getByRole("button", { name: by, exact: true }).click();
  await (await chooser).setFiles(path);
}

const sumOf = async (image: string): Promise<string | undefined> =>
  (await visit.daemon.client.call("imageGet", { params: { image } })).sha256;

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Waits as long as a busy computer takes to send it through a browser that is watched. */
const ready = (name: string): Promise<void> =>
  uploads().getByText(`Image ${name} is ready`).waitFor({ timeout: 180_000 });

/** Waits until some of it has arrived, and answers with how much. */
async function arrived(): Promise<number> {
  await uploads()
    .getByText(/B\/s · .* left/)
    .waitFor();
  return (await visit.daemon.client.call("uploadList"))[0]?.offset ?? 0;
}

describe("a file that is chosen", () => {
  it("is sent in sight, goes on by itself after the connection broke, and becomes an image", async () => {
    const bytes = disk(24 * MiB);
    const path = await file("Large Disk.img", bytes);
    await visit.open("/images");
    // So slowly that it is not over before axe has looked, however busy the computer is.
    await limit(MiB / 2);
    await choose(path);
    await arrived();
    assert.deepEqual(await violations(page()), []);
    await limit(0, true);
    await uploads().getByText("Connection lost; trying again", { exact: true }).waitFor();
    await limit(0);
    await ready("large-disk");
    await visit.row("large-disk").waitFor();
    assert.equal(await sumOf("large-disk"), sha256(bytes));
    await button("Close: Large Disk.img").click();
    await uploads().waitFor({ state: "hidden" });
  });

  it("is paused and goes on, and the page is not left without a word while it is sent", async () => {
    const path = await file("paused.img", disk(16 * MiB));
    await limit(MiB);
    await choose(path);
    await arrived();
    const asked = page().waitForEvent("dialog");
    const left = page()
      .goto(`${visit.url}/host`)
      .catch(() => undefined);
    const dialog = await asked;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();
    await left;
    await button("Pause: paused.img").click();
    await uploads().getByText("Paused", { exact: true }).waitFor();
    await limit(0);
    await button("Continue: paused.img").click();
    await ready("paused");
    await button("Close: paused.img").click();
  });

  it("goes on where it stood when it is chosen again on a new page", async () => {
    const bytes = disk(16 * MiB);
    const path = await file("again.img", bytes);
    await limit(MiB);
    await choose(path);
    await arrived();
    await button("Pause: again.img").click();
    await uploads().getByText("Paused", { exact: true }).waitFor();
    await page().reload();
    await uploads().getByText("Choose the same file again").waitFor();
    const [before] = await visit.daemon.client.call("uploadList");
    assert.ok(before && before.offset > 0 && before.offset < before.size);
    assert.deepEqual(await violations(page()), []);
    await choose(path, "Choose the file again: again.img");
    await arrived();
    const now = (await visit.daemon.client.call("uploadList")).map(({ id }) => id);
    assert.deepEqual(now, [before.id], "it was begun anew");
    await limit(0);
    await ready("again");
    assert.equal(await sumOf("again"), sha256(bytes));
    await button("Close: again.img").click();
  });
});

describe("files that are dropped", () => {
  it("anywhere on the page are sent one after another, also while other pages are shown", async () => {
    await limit(MiB);
    await page().evaluate(`(() => {
      const drop = new DataTransfer();
      for (const name of ["one.iso", "two.iso", "three.iso"]) {
        const bytes = new Uint8Array(2 * ${MiB});
        bytes.set(new TextEncoder().encode("CD001"), 32769);
        drop.items.add(new File([bytes], name, { lastModified: 1 }));
      }
      const on = document.querySelector("h1");
      const tell = (type) =>
        on.dispatchEvent(new DragEvent(type, { dataTransfer: drop, bubbles: true, cancelable: true }));
      tell("dragenter");
      globalThis.dropped = () => tell("drop");
    })()`);
    await page().getByText("Drop to upload").waitFor();
    await page().evaluate("dropped()");
    await page().getByText("Drop to upload").waitFor({ state: "hidden" });
    await uploads().getByText("three.iso").waitFor();
    await uploads().getByText("Waits for its turn").first().waitFor();
    await page().getByRole("link", { name: "Networks" }).click();
    await page().getByRole("heading", { name: "Networks" }).waitFor();
    await limit(0);
    await page().getByRole("link", { name: "Images" }).click();
    for (const name of ["one", "two", "three"]) await ready(name);
    await visit.row("three").getByText("ISO", { exact: true }).waitFor();
    for (const name of ["one", "two", "three"]) await button(`Close: ${name}.iso`).click();
  });

  it("are refused at once where they are no disk and no ISO", async () => {
    await choose(await file("notes.txt", Buffer.alloc(100_000, "words ")));
    await page().getByRole("alert").getByText("notes.txt is not a disk image that Lodge knows.").waitFor();
    await button("Discard: notes.txt").click();
    assert.deepEqual(await visit.daemon.client.call("uploadList"), []);
  });

  it("can be given another name where theirs is taken, without being sent again", async () => {
    const bytes = disk(MiB);
    await choose(await file("again.img", bytes));
    await page().getByRole("alert").getByText("An image named 'again' already exists.").waitFor();
    await button("Change name and checks of again.img").click();
    await uploads().getByRole("textbox", { name: "Name" }).fill("Not One");
    await uploads().getByText("beginning with a letter or digit").waitFor();
    await uploads().getByRole("textbox", { name: "Name" }).fill("another");
    assert.deepEqual(await violations(page()), []);
    let pieces = 0;
    page().on("request", (request) => (pieces += Number(request.method() === "PATCH")));
    await button("Try again").click();
    await ready("another");
    assert.equal(pieces, 0, "it was sent again");
    assert.equal(await sumOf("another"), sha256(bytes));
  });
});

it("nothing went wrong in the page itself", () => {
  assert.deepEqual(visit.complaints, []);
});
