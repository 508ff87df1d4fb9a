/**
 * Parked templates that the tests share: made once for all of a run (and of later ones) and kept in their cache, since to boot
 * and park one takes the processor for seconds, with a desktop in it for minutes. Whose home is given one forks from it at once.
 */
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { exec } from "#base/exec";
import type { HomePaths } from "#base/home";
import { newId } from "#base/ids";
import { defaultProject } from "#contract/access";
import { imageKey, imageNamed, imageNameKey, type ImageRecord } from "#domain/image/record";
import { listTemplates, templateKey, type TemplateRecord } from "#domain/template/record";
import { layerKey, layerPath, type Layer } from "#domain/volume/layer";
import type { Store } from "#durable/store/store";
import { createOverlay } from "#hypervisor/disk/create";

interface Kept {
  readonly image: ImageRecord;
  readonly layer: Layer;
  readonly template: TemplateRecord;
}

const recordsIn = (folder: string): string => join(folder, "records.json");

/** Keeps in a folder the template that is parked of an image; of a home whose daemon has ended. */
export async function keepTemplate(store: Store, name: string, folder: string): Promise<void> {
  const making = `${folder}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  const { image } = (await imageNamed(store, defaultProject, name))!;
  const found = (await listTemplates(store)).find(
    (one) => one.image === image.id && (one.state === "parked" || one.state === "evicted"),
  );
  const { holder: _holder, ...template } = found!;
  const layer = (await store.get(layerKey(template.layer)))!.value as Layer;
  const kept: Kept = { image, layer, template: { ...template, state: "evicted" } };
  await writeFile(recordsIn(making), JSON.stringify(kept));
  for (const [from, to] of [
    [image.path, "image"],
    [layer.path, "layer"],
    [template.stateFile, "state"],
    [template.ramFile, "ram"],
  ] as const)
    await place(from, join(making, to));
  await rename(making, folder);
}

/** Gives a home whose daemon does not run the image and the template of it that a folder keeps. */
export async function giveTemplate(store: Store, paths: HomePaths, folder: string): Promise<void> {
  const kept = JSON.parse(await readFile(recordsIn(folder), "utf8")) as Kept;
  const [image, layer, template] = [newId("i"), newId("l"), newId("t")];
  const layers = join(paths.home, "layers");
  const templates = join(paths.templates, template);
  const records = {
    image: { ...kept.image, id: image, path: join(paths.images, image, basename(kept.image.path)) },
    layer: { ...kept.layer, id: layer, path: layerPath(layers, layer), image },
    template: {
      ...kept.template,
      id: template,
      image,
      layer,
      stateFile: join(templates, basename(kept.template.stateFile)),
      ramFile: join(templates, basename(kept.template.ramFile)),
      seedFile: join(templates, basename(kept.template.seedFile)),
    },
  };
  await mkdir(layers, { recursive: true, mode: 0o711 });
  await mkdir(paths.images, { recursive: true, mode: 0o711 });
  await mkdir(templates, { recursive: true, mode: 0o700 });
  await place(join(folder, "image"), records.image.path);
  await place(join(folder, "state"), records.template.stateFile);
  await place(join(folder, "ram"), records.template.ramFile);
  await copy(join(folder, "layer"), records.layer.path);
  const { path, format } = records.image;
  await exec("qemu-img", ["rebase", "-u", "-b", path, "-F", format, records.layer.path]);
  await createOverlay(records.template.seedFile, { backing: records.layer.path, backingFormat: "qcow2" });
  await store.transact({
    put: [
      { key: imageKey(image), value: records.image },
      { key: imageNameKey(defaultProject, kept.image.name), value: { image } },
      { key: layerKey(layer), value: records.layer },
      { key: templateKey(template), value: records.template },
    ],
  });
}

/** By a link, where both are on one file system: nobody writes to it. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EXDEV") throw error;
    return copy(from, to);
  });
}

const copy = (from: string, to: string) => exec("cp", ["--sparse=always", "--", from, to], { timeout: 0 });
