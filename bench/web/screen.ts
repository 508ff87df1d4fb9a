/** A guest's screen in a page, with keyboard and pointer. */
import { rest } from "../row.ts";
import { screenScript } from "./screen-script.ts";
import { patience, type WebVisit } from "./visit.ts";

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Difference {
  readonly count: number;
  readonly box?: Area;
}

/** Milliseconds. */
export interface Rhythm {
  /** Before each key. */
  readonly pause: () => number;
  /** How long each is down; 0: it is let go of at once, as a program does. */
  readonly held?: number;
}

/** A key that is a letter. */
const letter = (name: string) => ({
  key: name,
  code: `Key${name.toUpperCase()}`,
  windowsVirtualKeyCode: name.toUpperCase().charCodeAt(0),
});

export class Screen {
  readonly visit: WebVisit;

  constructor(visit: WebVisit) {
    this.visit = visit;
  }

  /** Resolves once the page shows a screen of this size, and has the keyboard. */
  async ready(size: string): Promise<void> {
    await this.visit.page.locator("canvas").first().waitFor();
    await this.teach();
    let seen = "";
    for (const end = performance.now() + patience; seen !== size; await rest(50)) {
      seen = await this.visit.ask<string>("bench.size()");
      if (performance.now() > end) throw new TypeError(`the canvas has ${seen} pixels, not ${size}`);
    }
    await this.focus();
  }

  /** Has the page know what it is asked. */
  teach(): Promise<void> {
    return this.visit.ask(screenScript);
  }

  focus(): Promise<void> {
    return this.visit.ask("bench.canvas().focus()");
  }

  /** What the page shows: a PNG in base64. */
  picture(): Promise<string> {
    return this.visit.ask('bench.canvas().toDataURL("image/png").split(",")[1]');
  }

  keep(name: string, area?: Area): Promise<void> {
    return this.visit.ask(`bench.keep(${JSON.stringify(name)}, ${JSON.stringify(area)})`);
  }

  /** Keeps a picture of elsewhere like one of the page's own: QEMU's, or an earlier one. */
  async keepPicture(name: string, base64: string, area?: Area): Promise<void> {
    const words = [name, base64, area].map((word) => JSON.stringify(word)).join(", ");
    await this.visit.ask(`bench.keepPicture(${words})`);
  }

  /** What of a kept picture is otherwise now, or in another one. */
  differing(name: string, other?: string): Promise<Difference> {
    return this.visit.ask(`bench.differing(${[name, other].map((word) => JSON.stringify(word)).join(", ")})`);
  }

  /** Presses a letter for so many milliseconds; the browser answers when the page has dealt with it. */
  async press(name: string, held = 0): Promise<void> {
    const { session } = this.visit;
    const down = session.send("Input.dispatchKeyEvent", { type: "keyDown", text: name, ...letter(name) });
    if (held > 0) await rest(held);
    await Promise.all([down, session.send("Input.dispatchKeyEvent", { type: "keyUp", ...letter(name) })]);
  }

  /** A combination, as `Control+Alt+t`. */
  combination(words: string): Promise<void> {
    return this.visit.page.keyboard.press(words);
  }

  /** Types letters one after another, each after a pause and held as long; the milliseconds until each was in its cell. */
  async type(letters: string, cells: readonly Area[], { pause, held = 0 }: Rhythm): Promise<number[]> {
    await this.visit.ask(`bench.expect(${JSON.stringify(cells)})`);
    const pressed: Promise<unknown>[] = [];
    for (const each of letters) {
      await rest(pause());
      pressed.push(this.press(each, held));
    }
    const took = await this.visit.ask<number[] | undefined>("bench.shown(5000)");
    await Promise.all(pressed);
    if (!took) throw new TypeError(`not every key of "${letters}" was shown`);
    return took;
  }

  /** Where on the screen the pointer is put, in pixels of the guest's. */
  async place(x: number, y: number): Promise<{ x: number; y: number }> {
    return this.visit.ask(`bench.place(${x}, ${y})`);
  }
}
