import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatAge, formatSize } from "../values.ts";

type Image = Schemas["Image"];

export const show = command({
  operands: [{ name: "IMAGE", complete: "image" }],
  options: formatOption,
  examples: [["lodge image show debian-13", "all about it"]],
  async run({ operands, options }, { client, terminal }) {
    const image = await client.call("imageGet", { params: { image: operands[0] ?? "" } });
    await printItem(terminal, image, options.format, (shown) => rows(shown, Date.now()));
  },
});

const rows = (image: Image, now: number): readonly (readonly [string, string | undefined])[] => [
  ["name", image.name],
  ["id", image.id],
  ["project", image.shared ? `${image.project}, shared with all` : image.project],
  ["description", image.description],
  [
    "labels",
    Object.entries(image.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join("\n"),
  ],
  ["kind", image.kind === "iso" ? "iso" : `disk, ${image.format}`],
  ["size", `${formatSize(image.size)}, of which ${formatSize(image.stored)} are stored`],
  ["sha256", image.sha256],
  ["agent", image.agent],
  ["cloud-init", image.cloudInit ? "yes" : "no"],
  ["firmware", image.firmware.join(", ")],
  ["user", image.defaultUser],
  ["processors", image.cpus === undefined ? undefined : String(image.cpus)],
  ["memory", image.memory === undefined ? undefined : formatSize(image.memory)],
  ["made", `${formatAge(image.createdAt, now)} ago ${madeOf(image.source)}`],
];

function madeOf(source: Image["source"]): string {
  if ("recipe" in source) return `by the recipe ${source.recipe}`;
  if ("url" in source) return `of ${source.url}`;
  if ("guest" in source) return `of guest ${source.guest}`;
  return `of ${source.file}`;
}
