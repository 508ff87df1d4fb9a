/**
 * Whether a guest will be forked or booted, told before it is made. The daemon decides when it is asked, by
 * the same facts (src/domain/template/run.ts): a parked template of the same image and size, and nothing that
 * a fork could not have.
 */
import type { Schemas } from "#contract/schemas";

export type Forecast = "fork" | "boot-asked" | "boot-settings" | "boot-no-template" | "boot-iso" | "stay";

type Template = Pick<Schemas["Template"], "image" | "cpus" | "memory" | "state">;
type Image = Pick<Schemas["Image"], "id" | "agent" | "firmware">;
type Body = Schemas["GuestCreate"];

/** What the API takes where nothing is said. */
export const usual = { cpus: 1, memory: 512 * 1024 ** 2, network: "default" } as const;

export function forecast(body: Body, image: Image | undefined, templates: readonly Template[]): Forecast {
  if (body.start === false) return "stay";
  if (!image || body.iso !== undefined) return "boot-iso";
  if (body.cold) return "boot-asked";
  if (needsOwnStart(body, image)) return "boot-settings";
  const { cpus = usual.cpus, memory = usual.memory } = body;
  const parked = templates.some(
    (template) =>
      template.image === image.id &&
      template.cpus === cpus &&
      template.memory === memory &&
      (template.state === "parked" || template.state === "evicted"),
  );
  return parked ? "fork" : "boot-no-template";
}

function needsOwnStart(body: Body, image: Image): boolean {
  const networks = body.network ?? [usual.network];
  return (
    image.agent !== "lodge" ||
    (body.firmware ?? (image.firmware.includes("bios") ? "bios" : "uefi")) === "uefi" ||
    body.tpm === true ||
    body.sound === true ||
    body.maxMemory !== undefined ||
    (body.disks?.length ?? 0) > 1 ||
    body.disks?.[0]?.pool !== undefined ||
    networks.length !== 1 ||
    networks[0] === "user"
  );
}
