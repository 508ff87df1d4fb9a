import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { verdict } from "./arrows.ts";
import { circles } from "./circles.ts";
import { importsOf, product } from "./sources.ts";

describe("imports", () => {
  it("follow the arrows", () => {
    const broken: string[] = [];
    for (const { path, text } of product) {
      if (!/^(src|bin|web)\//.test(path)) continue;
      for (const specifier of importsOf(text)) {
        const why = verdict(path, specifier);
        if (why !== undefined) broken.push(`${path} imports ${specifier}: ${why}`);
      }
    }
    assert.deepEqual(broken, []);
  });

  it("run in no circle, types included: what two files need of each other is a third", () => {
    assert.deepEqual(circles(product), []);
  });

  it("are seen to run in a circle, by whichever way", () => {
    const file = (path: string, imported: string) => ({ path, text: `import "${imported}";` });
    const round = [
      file("src/a/a.ts", "#b/b"),
      file("src/b/b.ts", "../c.ts"),
      { path: "src/c.ts", text: `export const load = () => import("./a/a.ts");` },
    ];
    assert.deepEqual(circles([...round, file("src/d.ts", "#b/b")]), [
      ["src/a/a.ts", "src/b/b.ts", "src/c.ts"],
    ]);
    assert.deepEqual(circles(round.slice(1)), []);
  });

  it("do not load node:http, whose getters bring 12 MiB along: process.getBuiltinModule does not read them", () => {
    const loads = /^import\s+(?!type\b)[^;]*\bfrom "node:http";/m;
    const loading = product.filter(({ path, text }) => /^(src|bin)\//.test(path) && loads.test(text));
    assert.deepEqual(
      loading.map(({ path }) => path),
      [],
    );
  });

  it("are found in every form", () => {
    const text = `
      import { a,
        b } from "one";
      import type { C } from "./two.ts";
      import "three";
      export { d } from "four";
      const e = await import("five");
      // import "never";
      /* import "never"; */
      const globs = ["/usr/share/doc/*"];
      import "six";
      /** */
      export const from = "never";`;
    assert.deepEqual(importsOf(text), ["one", "./two.ts", "three", "four", "five", "six"]);
  });

  const lawful = [
    ["bin/lodged.ts", "../src/daemon.ts"],
    ["src/daemon.ts", "#hypervisor/qemu/accel"],
    ["src/server/guest.ts", "#contract/routes"],
    ["src/domain/guest/create.ts", "#durable/store/store"],
    ["src/domain/guest/create.ts", "../image/find.ts"],
    ["src/domain/template/run.ts", "../guest/start.ts"],
    ["src/durable/operation/run.ts", "../store/store.ts"],
    ["src/hypervisor/qemu/accel.ts", "./probe.ts"],
    ["src/cli/guest/ls.ts", "#client/client"],
    ["src/base/exec.ts", "node:child_process"],
  ] as const;
  const unlawful = [
    ["src/contract/routes.ts", "#base/exec"],
    ["src/contract/errors.ts", "node:fs"],
    ["src/base/exec.ts", "#domain/guest/state"],
    ["src/durable/store/sqlite.ts", "#hypervisor/qemu/accel"],
    ["src/hypervisor/qemu/argv.ts", "#durable/store/store"],
    ["src/hypervisor/qemu/argv.ts", "../disk/qcow2.ts"],
    ["src/durable/store/sqlite.ts", "../operation/run.ts"],
    ["src/domain/image/build.ts", "../guest/state.ts"],
    ["src/domain/guest/create.ts", "../template/run.ts"],
    ["src/domain/image/build.ts", "../network/network.ts"],
    ["src/domain/odd/build.ts", "../network/network.ts"],
    ["src/domain/guest/create.ts", "#server/services"],
    ["src/domain/guest/create.ts", "#domain/guest/state"],
    ["src/domain/guest/create.ts", "node:child_process"],
    ["src/server/guest.ts", "../domain/guest/state.ts"],
    ["src/cli/guest/ls.ts", "#durable/store/store"],
    ["src/client/client.ts", "#domain/guest/record"],
    ["web/page/guest.tsx", "node:fs"],
    ["src/odd/x.ts", "#base/exec"],
  ] as const;
  for (const [path, specifier] of lawful)
    it(`may lead from ${path} to ${specifier}`, () => assert.equal(verdict(path, specifier), undefined));
  for (const [path, specifier] of unlawful)
    it(`may not lead from ${path} to ${specifier}`, () =>
      assert.notEqual(verdict(path, specifier), undefined));
});
