/** Components whose styles were forgotten look like nothing in particular, and no other test minds. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";

const styles = join(import.meta.dirname, "../node_modules/@mantine/core/styles");
const read = (pattern: string) =>
  globSync(pattern, { cwd: import.meta.dirname, exclude: ["dist/**"] })
    .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
    .join("\n");

it("every component of Mantine's that is used has its styles", () => {
  const imports = read("**/*.tsx").matchAll(/import \{([^}]*)\} from "@mantine\/core"/g);
  const names = [...imports].flatMap(([, list = ""]) => list.split(",").map((name) => name.trim()));
  const styled = [...new Set(names)].filter((name) => existsSync(join(styles, `${name}.layer.css`)));
  assert.ok(styled.length > 10, "they are found");
  const imported = read("**/*.css");
  const missing = styled.filter((name) => !imported.includes(`@mantine/core/styles/${name}.layer.css`));
  assert.deepEqual(missing.toSorted(), []);
});
