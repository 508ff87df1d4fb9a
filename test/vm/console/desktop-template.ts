/**
 * The parked template of the desktop's image, kept beside the image for all tests that want one: to boot it takes minutes
 * without KVM, to put its files into a test's home seconds.
 */
import { copyFile, link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { exec } from "#base/exec";
import { defaultProject } from "#contract/access";
import { layerKey, type Layer } from "#domain/volume/layer";
import { imageKey, imageNamed, imageNameKey, type ImageRecord } from "#domain/image/record";
import { listTemplates, templateKey, type TemplateRecord } from "#domain/template/record";
import { createOverlay } from "#hypervisor/disk/create";
import type { TestLodge } from "../daemon.ts";
import { desktopImage } from "../debian-image.ts";
import { exists, takeLock } from "../lock.ts";

/** What guests are made of. */
export const desktopName = "desktop";

interface Kept {
  readonly image: ImageRecord;
  readonly layer: Layer;
  readonly template: TemplateRecord;
}

/** Gives a Lodge the image "desktop" and a template of its usual shape, from which its guests fork then. */
export async function parkDesktop(lodge: TestLodge): Promise<void> {
  const { path } = await desktopImage();
  const folder = path.replace(/\.raw$/, ".template");
  const release = await takeLock(`${folder}.lock`);
  try {
    if ((await exists(folder)) && (await give(lodge, path, folder))) return;
    await rm(folder, { recursive: true, force: true });
    const body = { path, name: desktopName, agent: "lodge", desktop: true } as const;
    await lodge.done(lodge.client.call("imageImport", { body }));
    // The one that began with the image.
    await lodge.done(lodge.client.call("templateBuild", { body: { image: desktopName } }));
    await keep(lodge, folder);
  } finally {
    await release();
  }
}

async function keep(lodge: TestLodge, folder: string): Promise<void> {
  const making = `${folder}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  await lodge.end("SIGTERM");
  await lodge.withStore(async (store) => {
    const { image } = (await imageNamed(store, defaultProject, desktopName))!;
    const found = (await listTemplates(store)).find(
      (one) => one.image === image.id && one.state === "parked",
    );
    const { holder: _holder, ...template } = found!;
    const layer = (await store.get(layerKey(template.layer)))!.value as Layer;
    const kept: Kept = { image, layer, template: { ...template, state: "evicted" } };
    await writeFile(join(making, "records.json"), JSON.stringify(kept));
    for (const [from, to] of [
      [layer.path, "layer"],
      [template.stateFile, "state"],
      [template.ramFile, "ram"],
    ] as const)
      await exec("cp", ["--sparse=always", "--", from, join(making, to)], { timeout: 0 });
  });
  await rename(making, folder);
  await lodge.start();
}

/** False: it was parked by another QEMU, or a Lodge of another layout. */
async function give(lodge: TestLodge, path: string, folder: string): Promise<boolean> {
  const kept = JSON.parse(await readFile(join(folder, "records.json"), "utf8")) as Kept;
  const { layers, templates, images } = {
    layers: join(lodge.home, "layers"),
    templates: join(lodge.home, "templates", kept.template.id),
    images: join(lodge.home, "images", kept.image.id),
  };
  const image = { ...kept.image, path: join(images, basename(kept.image.path)) };
  const layer = { ...kept.layer, path: join(layers, basename(kept.layer.path)) };
  const at = (file: string) => join(templates, basename(file));
  const { stateFile, ramFile, seedFile } = kept.template;
  const template = {
    ...kept.template,
    stateFile: at(stateFile),
    ramFile: at(ramFile),
    seedFile: at(seedFile),
  };
  await lodge.end("SIGTERM");
  await mkdir(images, { recursive: true, mode: 0o711 });
  await mkdir(layers, { recursive: true, mode: 0o711 });
  await mkdir(templates, { recursive: true, mode: 0o700 });
  await place(path, image.path);
  await place(join(folder, "state"), template.stateFile);
  await place(join(folder, "ram"), template.ramFile);
  await exec("cp", ["--sparse=always", "--", join(folder, "layer"), layer.path], { timeout: 0 });
  await exec("qemu-img", ["rebase", "-u", "-b", image.path, "-F", image.format, layer.path]);
  await createOverlay(template.seedFile, { backing: layer.path, backingFormat: "qcow2" });
  await lodge.withStore((store) =>
    store.transact({
      put: [
        { key: imageKey(image.id), value: image },
        { key: imageNameKey(defaultProject, image.name), value: { image: image.id } },
        { key: layerKey(layer.id), value: layer },
        { key: templateKey(template.id), value: template },
      ],
    }),
  );
  await lodge.start();
  const found = (await lodge.client.call("templateList")).find(({ id }) => id === template.id);
  if (found !== undefined && found.state !== "stale") return true;
  await lodge.done(lodge.client.call("imageDelete", { params: { image: image.id } }));
  return false;
}

/** By a link, where both are on one file system. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EXDEV") throw error;
    return copyFile(from, to);
  });
}
