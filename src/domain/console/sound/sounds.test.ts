import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { silentLog } from "#base/log";
import { until } from "../../../../test/fakes/fake-daemon.ts";
import { FakeVnc } from "../../../../test/fakes/fake-vnc.ts";
import type { GuestRecord } from "../../guest/record.ts";
import { QemuDisplay } from "../qemu-display.ts";
import type { CloseCode, ViewerSocket } from "../viewer-socket.ts";
import { Sounds } from "./sounds.ts";

class Ear implements ViewerSocket {
  readonly #gone = new AbortController();
  readonly gone = this.#gone.signal;
  buffered = 0;
  heard = Buffer.alloc(0);
  closed: string | undefined;
  async send(bytes: Buffer): Promise<void> {
    this.heard = Buffer.concat([this.heard, bytes]);
  }
  onBytes(): void {}
  ping(): void {}
  close(code: CloseCode, reason: string): void {
    this.closed = `${code} ${reason}`;
  }
  leave(): void {
    this.#gone.abort(new LodgeError("api.client_gone"));
  }
}

describe("a guest's sound", () => {
  let qemu: FakeVnc;
  let sounds: Sounds;
  let sound = true;
  let removed = false;
  /** While there is no QEMU. */
  let away: PromiseWithResolvers<void> | undefined;
  const ears: Ear[] = [];
  const data = Buffer.from([1, 2, 3, 4]);

  beforeEach(async () => {
    [sound, removed] = [true, false];
    qemu = new FakeVnc();
    await qemu.start();
    sounds = new Sounds({
      displays: {
        redeem: async (_, { ticket }) => {
          if (ticket !== "good") throw new LodgeError("console.ticket_refused");
          return {
            guest: "g1",
            holder: "host",
            user: "host",
            viewOnly: true,
            obstacle: async () => undefined,
          };
        },
        requireWatchable: async () => ({ id: "g1", name: "web", machine: { sound } }) as GuestRecord,
        nextQemu: async (_, signal) => {
          await away?.promise;
          if (removed) throw new LodgeError("guest.not_found", { guest: "web" });
          return QemuDisplay.connect(qemu.path, signal);
        },
      },
      log: silentLog,
    });
  });
  afterEach(async () => {
    for (const ear of ears.splice(0)) ear.leave();
    await qemu.close();
  });

  const listen = (ticket = "good") => {
    const ear = new Ear();
    ears.push(ear);
    return Object.assign(ear, {
      over: sounds.listen(
        "web",
        { ticket, use: "sound", holder: undefined, admit: async () => undefined },
        ear,
      ),
    });
  };

  it("comes over one connection for all who listen, and over none once nobody does", async () => {
    const [one, two] = [listen(), listen()];
    await until(() => qemu.hears);
    qemu.sound(data);
    await until(() => one.heard.equals(data) && two.heard.equals(data));
    one.leave();
    await one.over;
    qemu.sound(data);
    await until(() => two.heard.length === 8);
    assert.equal(one.heard.length, 4);
    two.leave();
    await until(() => !qemu.hears);
    listen();
    await until(() => qemu.hears);
  });

  it("misses, for who is behind, what does not fit, and nobody waits", async () => {
    const [slow, good] = [listen(), listen()];
    slow.buffered = 96_000;
    await until(() => qemu.hears);
    qemu.sound(data);
    await until(() => good.heard.length === 4);
    assert.equal(slow.heard.length, 0);
    slow.buffered = 0;
    qemu.sound(data);
    await until(() => slow.heard.length === 4);
  });

  it("ends for who listens with the guest, and begins for nobody without a ticket or a sound card", async () => {
    const ear = listen();
    await until(() => qemu.hears);
    removed = true;
    await qemu.end();
    await ear.over;
    assert.equal(ear.closed, "1000 guest.not_found");
    const stranger = listen("bad");
    await stranger.over;
    assert.equal(stranger.closed, "1008 console.ticket_refused");
    sound = false;
    const deaf = listen();
    await deaf.over;
    assert.equal(deaf.closed, "1008 console.no_sound");
  });

  it("is heard again when the guest has another QEMU", async () => {
    const ear = listen();
    await until(() => qemu.hears);
    away = Promise.withResolvers<void>();
    await qemu.end();
    await qemu.start();
    away.resolve();
    await until(() => qemu.hears);
    qemu.sound(data);
    await until(() => ear.heard.equals(data));
  });

  it("is heard by sixteen at most", async () => {
    const many = Array.from({ length: 16 }, () => listen());
    await until(() => qemu.hears);
    const more = listen();
    await more.over;
    assert.equal(more.closed, "1008 console.too_many");
    assert.ok(many.every(({ closed }) => closed === undefined));
  });
});
