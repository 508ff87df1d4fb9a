/** Commands about what guests are made from. */
import { group, type Entry } from "../entry.ts";

export const ofImages: readonly Entry[] = [
  ...group("Images and templates", [
    ["image ls", "List images", () => import("../image/ls.ts").then((m) => m.ls)],
    ["image show", "Show all about an image", () => import("../image/show.ts").then((m) => m.show)],
    ["image build", "Build an image from a recipe", () => import("../image/build.ts").then((m) => m.build)],
    ["image recipes", "List the recipes", () => import("../image/recipes.ts").then((m) => m.recipes)],
    [
      "image import",
      "Import a disk image or ISO file",
      () => import("../image/import.ts").then((m) => m.importFile),
    ],
    ["image pull", "Download an image", () => import("../image/pull.ts").then((m) => m.pull)],
    [
      "image create",
      "Make an image of a stopped guest",
      () => import("../image/create.ts").then((m) => m.create),
    ],
    ["image share", "Let every project use an image", () => import("../image/share.ts").then((m) => m.share)],
    [
      "image unshare",
      "Keep an image for its own project",
      () => import("../image/unshare.ts").then((m) => m.unshare),
    ],
    ["image rm", "Remove images", () => import("../image/rm.ts").then((m) => m.rm)],
    [
      "upload ls",
      "List files on their way to becoming images",
      () => import("../upload/ls.ts").then((m) => m.ls),
    ],
    ["upload rm", "Give uploads up", () => import("../upload/rm.ts").then((m) => m.rm)],
    ["template ls", "List parked templates", () => import("../template/ls.ts").then((m) => m.ls)],
    [
      "template build",
      "Boot and park a template, so that guests fork from it",
      () => import("../template/build.ts").then((m) => m.build),
    ],
    ["template rm", "Remove templates", () => import("../template/rm.ts").then((m) => m.rm)],
    [
      "template budget",
      "What templates may take of memory and disk",
      () => import("../template/budget.ts").then((m) => m.budget),
    ],
  ]),
];
