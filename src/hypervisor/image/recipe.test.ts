import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listRecipes, parseRecipe, readRecipe, sizeBytes } from "./recipe.ts";
import { recipeDigest, recipesFolder } from "./recipe-digest.ts";

const debian = `name: mine
description: My own
kind: debian
suite: trixie
hostname: debian
user: me
kernel: linux-image-amd64
diskSize: 10G
packages: [git]
`;
const cloud = `name: mine
description: Somebody's
kind: cloud-image
url: https://example.org/a.qcow2
checksumUrl: https://example.org/SHA256SUMS
format: qcow2
agent: none
firmware: [bios]
`;

const refusal = (text: string): string => {
  try {
    parseRecipe("mine", text);
  } catch (error) {
    assert.ok(error instanceof Error && "code" in error && error.code === "image.recipe_invalid");
    return error.message;
  }
  return "accepted";
};

describe("a recipe", () => {
  it("of either kind is taken", () => {
    assert.equal(parseRecipe("mine", debian).kind, "debian");
    assert.equal(parseRecipe("mine", cloud).kind, "cloud-image");
    const desktop = parseRecipe("mine", `${debian}desktop: xfce\nmemory: 1536M\n`);
    assert.equal("desktop" in desktop && desktop.desktop, "xfce");
  });

  it("that is wrong names the field", () => {
    assert.match(refusal(debian.replace("suite: trixie", "suite: trixie; rm -rf /")), /not valid: suite: /);
    assert.match(refusal(debian.replace("[git]", "[git, --yes]")), /not valid: packages\.1: /);
    assert.match(refusal(debian.replace("10G", "ten")), /not valid: diskSize: /);
    assert.match(refusal(debian.replace("user: me\n", "")), /not valid: user: is missing/);
    assert.match(refusal(`${debian}usr: me\n`), /not valid: usr: no such field/);
    assert.match(refusal(`${debian}desktop: ../tree\n`), /not valid: desktop: /);
    assert.match(refusal(debian.replace("kind: debian", "kind: slackware")), /not valid: kind: /);
    assert.match(refusal(debian.replace("name: mine", "name: other")), /not valid: name: must be 'mine'/);
    assert.match(refusal(cloud.replace("https://example.org/a", "http://example.org/a")), /not valid: url: /);
    assert.match(refusal(`${cloud}sha256: ${"a".repeat(64)}\n`), /not valid: sha256: either/);
    assert.match(refusal(cloud.replace(/checksumUrl.*\n/, "")), /not valid: sha256: either/);
  });

  it("that extends another says what is different, and which packages come on top", () => {
    const other = parseRecipe("mine", debian);
    assert.ok(other.kind === "debian");
    const text = "name: more\ndescription: More\nextends: mine\npackages: [vim]\n";
    const more = { ...other, name: "more", description: "More", packages: ["git", "vim"] };
    assert.deepEqual(parseRecipe("more", text, other), more);
    assert.throws(() => parseRecipe("more", text.replace("vim", "git"), other), {
      code: "image.recipe_invalid",
    });
    assert.match(refusal("name: mine\nextends: other\n"), /not valid: /);
  });

  it("that is no set of fields is refused, and so is YAML that refers to itself", () => {
    assert.match(refusal("- a\n"), /not a set of fields/);
    assert.match(refusal("a: [\n"), /not YAML/);
    assert.match(refusal("name: &a [*a]\n"), /not valid: /);
  });

  it("says its disk's size in bytes", () => {
    assert.deepEqual(["512M", "10G", "2T"].map(sizeBytes), [536870912, 10737418240, 2199023255552]);
  });
});

describe("the recipes that come with Lodge", () => {
  it("are all valid, Debian 13 and 12 among them", async () => {
    const names = await listRecipes(recipesFolder);
    for (const name of names) await readRecipe(recipesFolder, name);
    for (const name of [
      "debian-13",
      "debian-12",
      "debian-13-xfce",
      "debian-13-lxqt",
      "debian-13-xfce-office",
    ])
      assert.ok(names.includes(name), name);
  });

  it("each have a digest of their own, that changes with the text", async () => {
    const digests = new Set<string>();
    for (const name of ["debian-13", "debian-12", "ubuntu-24.04"]) {
      const { recipe, text } = await readRecipe(recipesFolder, name);
      digests.add(await recipeDigest(recipe, text));
      assert.equal(await recipeDigest(recipe, text), await recipeDigest(recipe, text));
      digests.add(await recipeDigest(recipe, `${text}# changed\n`));
    }
    assert.equal(digests.size, 6);
  });

  it("are named where one is asked for that is not there", async () => {
    const recipes = (await listRecipes(recipesFolder)).join(", ");
    await assert.rejects(readRecipe(recipesFolder, "debian-99"), {
      code: "image.recipe_not_found",
      params: { recipe: "debian-99", recipes },
    });
  });
});
