/**
 * Recipes: how a guest OS image is made, as data in `recipes/NAME.yaml`.
 *
 * - `kind: debian`: built here by mmdebstrap (build-debian.ts).
 * - `kind: cloud-image`: fetched ready-made from its publisher, with a checksum.
 * - `extends: NAME`: another recipe of kind debian, with other values of some fields and further packages.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { LodgeError } from "#contract/errors";
import { type Static, Type } from "#contract/schema/type";

const strict = { additionalProperties: false } as const;
const name = Type.String({ pattern: "^[a-z0-9][a-z0-9.-]{0,62}$" });
const user = Type.String({ pattern: "^[a-z_][a-z0-9_-]{0,30}$" });
const hostname = Type.String({ pattern: "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$" });
const packageName = Type.String({ pattern: "^[a-z0-9][a-z0-9+.-]+$" });
const size = Type.String({ pattern: "^[1-9][0-9]{0,5}[MGT]$" });

const DebianRecipe = Type.Object(
  {
    name,
    description: Type.String(),
    kind: Type.Literal("debian"),
    suite: Type.String({ pattern: "^[a-z]{2,20}$" }),
    hostname,
    user,
    /** Debian 12's cloud kernel has no driver for the SATA controller that the seed's CD hangs on. */
    kernel: Type.Union([Type.Literal("linux-image-cloud-amd64"), Type.Literal("linux-image-amd64")]),
    /** What the guest sees as its disk: 10G. It takes only what is in it. */
    diskSize: size,
    /** In addition to what every guest has (see build-debian.ts). */
    packages: Type.Array(packageName, { uniqueItems: true }),
    /** The session that its user is signed in to, of those below `desktop`; without it there is none. */
    desktop: Type.Optional(Type.Union([Type.Literal("xfce"), Type.Literal("lxqt")])),
    /** What its guests get that ask for nothing. */
    cpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
    memory: Type.Optional(size),
  },
  strict,
);
export type DebianRecipe = Static<typeof DebianRecipe>;

const CloudImageRecipe = Type.Object(
  {
    name,
    description: Type.String(),
    kind: Type.Literal("cloud-image"),
    url: Type.String({ pattern: "^https://" }),
    format: Type.Union([Type.Literal("qcow2"), Type.Literal("raw")]),
    /** The file's SHA-256, or where its publisher lists it. */
    sha256: Type.Optional(Type.String({ pattern: "^[0-9a-f]{64}$" })),
    checksumUrl: Type.Optional(Type.String({ pattern: "^https://" })),
    user: Type.Optional(user),
    /** What takes Lodge's commands in the guest. */
    agent: Type.Union([Type.Literal("qemu"), Type.Literal("none")]),
    firmware: Type.Array(Type.Union([Type.Literal("bios"), Type.Literal("uefi")]), {
      minItems: 1,
      uniqueItems: true,
    }),
  },
  strict,
);
export type CloudImageRecipe = Static<typeof CloudImageRecipe>;

export type Recipe = DebianRecipe | CloudImageRecipe;

const ajv = new Ajv2020();
const kinds = { debian: ajv.compile(DebianRecipe), "cloud-image": ajv.compile(CloudImageRecipe) } as const;

const invalidRecipe = (recipe: string, reason: string, cause?: unknown) =>
  new LodgeError("image.recipe_invalid", { recipe, reason }, { cause });

/** The fields of a recipe as they stand in its text. @throws LodgeError image.recipe_invalid */
function fieldsOf(source: string, text: string): Readonly<Record<string, unknown>> {
  let data: unknown;
  try {
    data = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw invalidRecipe(source, `it is not YAML (${String(error).split("\n")[0]})`, error);
  }
  if (typeof data !== "object" || data === null || Array.isArray(data))
    throw invalidRecipe(source, "it is not a set of fields");
  return data as Record<string, unknown>;
}

/** What it says itself goes before what the other one says, and its packages come on top. */
function extended(source: string, own: Readonly<Record<string, unknown>>, other: DebianRecipe) {
  const { extends: _extends, packages = [], ...rest } = own;
  if (!Array.isArray(packages)) throw invalidRecipe(source, "packages: must be array");
  return { ...other, ...rest, packages: [...other.packages, ...(packages as unknown[])] };
}

/**
 * Parses one recipe's text; `source` is its file's name without `.yaml`, which its `name` must be. `other`: the recipe
 * that it extends, where it does.
 *
 * @throws LodgeError image.recipe_invalid, which names the field.
 */
export function parseRecipe(source: string, text: string, other?: DebianRecipe): Recipe {
  const invalid = (reason: string) => invalidRecipe(source, reason);
  const own = fieldsOf(source, text);
  const data: Readonly<Record<string, unknown>> = other ? extended(source, own, other) : own;
  const kind = data["kind"];
  if (kind !== "debian" && kind !== "cloud-image") throw invalid("kind: must be 'debian' or 'cloud-image'");
  const isValid = kinds[kind];
  if (!isValid(data)) throw invalid(firstProblem(isValid));
  const recipe = data as unknown as Recipe;
  if (recipe.name !== source) throw invalid(`name: must be '${source}', as its file is named`);
  if (recipe.kind === "cloud-image" && (recipe.sha256 === undefined) === (recipe.checksumUrl === undefined)) {
    throw invalid("sha256: either sha256 or checksumUrl must be given");
  }
  return recipe;
}

/** The first problem in the words of the file: field, then what is wrong with it. */
function firstProblem({ errors }: ValidateFunction): string {
  const { instancePath = "", params = {}, message = "is not valid" } = errors?.[0] ?? {};
  if ("additionalProperty" in params) return `${params["additionalProperty"]}: no such field`;
  if ("missingProperty" in params) return `${params["missingProperty"]}: is missing`;
  return `${instancePath.slice(1).replaceAll("/", ".")}: ${message}`;
}

/** The names of the recipes in a folder, sorted. */
export async function listRecipes(folder: string): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -5))
    .toSorted();
}

/**
 * Reads one recipe of a folder, with its text (for its digest).
 *
 * @throws LodgeError image.recipe_not_found, image.recipe_invalid.
 */
export async function readRecipe(folder: string, recipe: string): Promise<{ recipe: Recipe; text: string }> {
  const known = await listRecipes(folder);
  if (!known.includes(recipe))
    throw new LodgeError("image.recipe_not_found", { recipe, recipes: known.join(", ") });
  const text = await readFile(join(folder, `${recipe}.yaml`), "utf8");
  const below = fieldsOf(recipe, text)["extends"];
  if (below === undefined) return { recipe: parseRecipe(recipe, text), text };
  if (typeof below !== "string" || below === recipe || !known.includes(below))
    throw invalidRecipe(recipe, "extends: must be another recipe of this folder");
  const otherText = await readFile(join(folder, `${below}.yaml`), "utf8");
  const other = parseRecipe(below, otherText);
  if (other.kind !== "debian") throw invalidRecipe(recipe, "extends: must be one of kind 'debian'");
  return { recipe: parseRecipe(recipe, text, other), text: `${otherText}\n${text}` };
}

/** `10G` in bytes. */
export function sizeBytes(text: string): number {
  const unit = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }[text.at(-1) as "M" | "G" | "T"];
  return Number(text.slice(0, -1)) * unit;
}
