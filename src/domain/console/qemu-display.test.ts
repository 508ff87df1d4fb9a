import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { hasCode } from "#contract/errors";
import { FakeVnc } from "../../../test/fakes/fake-vnc.ts";
import { QemuDisplay } from "./qemu-display.ts";

const qemu = new FakeVnc();
before(() => qemu.start());
after(() => qemu.close());

it("a QEMU that does not read is given up once a lot waits for it", async () => {
  const display = await QemuDisplay.connect(qemu.path, new AbortController().signal);
  const next = display.next(() => display.screen.format);
  qemu.stall();
  const bytes = Buffer.alloc(65_536);
  for (let count = 0; count < 64; count++) display.send(bytes);
  await assert.rejects(next, (error) => hasCode(error, "host.qemu_gone"));
});
