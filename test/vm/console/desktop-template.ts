/** The parked template of the desktop's image, for all tests that want one: to boot it takes minutes without KVM. */
import type { HomePaths } from "#base/home";
import type { Store } from "#durable/store/store";
import { keptParked, type TestLodge } from "../daemon.ts";
import { desktopImage } from "../debian-image.ts";
import { giveTemplate } from "../parked.ts";

/** What guests are made of. */
export const desktopName = "desktop";

/** Gives a home the image "desktop" and a template of its usual shape, from which its guests fork. */
export async function giveDesktop(store: Store, paths: HomePaths): Promise<void> {
  const { path } = await desktopImage();
  await giveTemplate(store, paths, await keptParked(path.replace(/\.raw$/, ""), desktopName, park(path)));
}

const park = (path: string) => async (lodge: TestLodge) => {
  const body = { path, name: desktopName, agent: "lodge", desktop: true } as const;
  await lodge.done(lodge.client.call("imageImport", { body }));
  // The one that began with the image.
  await lodge.done(lodge.client.call("templateBuild", { body: { image: desktopName } }));
};
