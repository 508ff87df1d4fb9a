import assert from "node:assert/strict";
import { it, mock } from "node:test";
import { watchPicture } from "./pictures.ts";

it("goes on after an answer that broke off", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  Object.assign(globalThis, { document: { visibilityState: "visible" } });
  t.after(() => Reflect.deleteProperty(globalThis, "document"));
  const picture = new Blob(["png"]);
  const broken = {
    ok: true,
    status: 200,
    headers: new Headers(),
    blob: () => Promise.reject(new TypeError()),
  };
  const answers = [broken, { ...broken, blob: () => Promise.resolve(picture) }];
  t.mock.method(globalThis, "fetch", () => Promise.resolve(answers.shift()));
  const drawn: (Blob | undefined)[] = [];
  const end = watchPicture("web", (one) => drawn.push(one));
  mock.timers.tick(0);
  await settled();
  mock.timers.tick(5_000);
  await settled();
  assert.deepEqual(drawn, [undefined, picture]);
  end();
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
