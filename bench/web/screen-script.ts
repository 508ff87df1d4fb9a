/**
 * What a page is taught that has a guest's screen on a canvas: to look at its pixels, and to say when they changed. Kept as text,
 * since it runs in the browser. A pixel is one number.
 */
export const screenScript = `
(() => {
  if (globalThis.bench) return;
  const kept = new Map();
  const sheet = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const canvas = () => document.querySelector("[role=application] canvas") ?? document.querySelector("canvas");
  const wall = (now) => performance.timeOrigin + now;

  const whole = () => ({ x: 0, y: 0, width: canvas().width, height: canvas().height });
  /** The pixels of an area as numbers. */
  const read = (area = whole(), from = canvas()) => {
    const { x, y, width, height } = area;
    if (sheet.canvas.width !== width || sheet.canvas.height !== height)
      Object.assign(sheet.canvas, { width, height });
    sheet.drawImage(from, x, y, width, height, 0, 0, width, height);
    const { data } = sheet.getImageData(0, 0, width, height);
    return { area, pixels: new Uint32Array(data.buffer) };
  };
  /** How many pixels differ, and the smallest area that they are in. */
  const compare = (a, b) => {
    const { width } = a.area;
    let [count, left, top, right, bottom] = [0, Infinity, Infinity, -1, -1];
    for (let at = 0; at < a.pixels.length; at++) {
      if (a.pixels[at] === b.pixels[at]) continue;
      count++;
      const [x, y] = [at % width, Math.floor(at / width)];
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
    }
    if (count === 0) return { count };
    const box = { x: a.area.x + left, y: a.area.y + top, width: right - left + 1, height: bottom - top + 1 };
    return { count, box };
  };
  /** One number for many pixels. */
  const sum = (pixels) => pixels.reduce((all, each) => Math.imul(all ^ each, 16_777_619), 0);

  /** Cells that are to have a letter, and what they come to without one: empty, or with the cursor on them. */
  let awaited = [];
  let without = [];
  let results = [];
  const cellOf = (cell) => sum(read(cell).pixels);
  addEventListener("keydown", ({ timeStamp }) => {
    const next = awaited.find(({ pressed }) => pressed === undefined);
    if (next) next.pressed = timeStamp;
  }, { capture: true });
  const look = () => {
    awaited = awaited.filter((each) => {
      if (each.pressed === undefined || without.includes(cellOf(each.cell))) return true;
      results.push(performance.now() - each.pressed);
      return false;
    });
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);

  /** A few of a picture's pixels, which are looked at quickly. */
  const few = new OffscreenCanvas(160, 90).getContext("2d", { willReadFrequently: true });
  few.imageSmoothingEnabled = false;
  const sample = (from) => {
    few.drawImage(from, 0, 0, 160, 90);
    return new Uint32Array(few.getImageData(0, 0, 160, 90).data.buffer);
  };
  const samples = new Map();
  /** But for a clock and a pointer. */
  const isLike = (seen, wanted) => {
    let others = 0;
    for (let at = 0; at < seen.length; at++) if (seen[at] !== wanted[at]) others++;
    return others < seen.length / 50;
  };

  globalThis.bench = {
    canvas, whole, read, compare, wall,
    size: () => (canvas() ? [canvas().width, canvas().height].join() : ""),
    /** Where in the page a pixel of the guest's screen is. */
    place(x, y) {
      const { left, top, width, height } = canvas().getBoundingClientRect();
      return { x: left + ((x + 0.5) * width) / canvas().width, y: top + ((y + 0.5) * height) / canvas().height };
    },
    keep: (name, area) => void kept.set(name, read(area)),
    kept: (name) => kept.get(name),
    /** Keeps a picture of another origin: a PNG in base64. */
    async keepPicture(name, base64, area) {
      const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      if (area === undefined) samples.set(name, sample(bitmap));
      kept.set(name, read(area ?? { x: 0, y: 0, width: bitmap.width, height: bitmap.height }, bitmap));
      return [bitmap.width, bitmap.height].join();
    },
    /** What of a kept picture is otherwise now, or in another that was kept. */
    differing: (name, other) => {
      const one = kept.get(name);
      return compare(one, other === undefined ? read(one.area) : kept.get(other));
    },
    /** What an area's pixels come to at each frame of so many milliseconds, and when. */
    async record(area, milliseconds) {
      const begin = performance.now();
      const frames = [];
      for (let now = begin; now - begin < milliseconds; now = await new Promise(requestAnimationFrame))
        frames.push([performance.now() - begin, sum(read(area).pixels)]);
      return frames;
    },
    base64(area) {
      const bytes = new Uint8Array(read(area).pixels.buffer);
      let text = "";
      for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return btoa(text);
    },
    sum: (name) => sum(kept.get(name).pixels),
    /** Counts the pictures of a video whose number is in eight squares of this area, until \`counted\` is asked. */
    count(area) {
      let [last, pictures, on] = [-1, 0, true];
      const squares = new OffscreenCanvas(8, 1).getContext("2d", { willReadFrequently: true });
      const watch = () => {
        squares.drawImage(canvas(), area.x, area.y, area.width, area.height, 0, 0, 8, 1);
        const { data } = squares.getImageData(0, 0, 8, 1);
        let number = 0;
        for (let bit = 0; bit < 8; bit++) number |= (data[bit * 4] > 127 ? 1 : 0) << bit;
        if (number !== last) [last, pictures] = [number, pictures + 1];
        if (on) requestAnimationFrame(watch);
      };
      requestAnimationFrame(watch);
      this.counted = () => {
        on = false;
        return pictures;
      };
    },
    /** From the next click: milliseconds until the screen is as a kept picture. */
    awaitPicture(name) {
      const wanted = samples.get(name);
      const size = kept.get(name).area;
      const clicked = new Promise((resolve) =>
        addEventListener("click", ({ timeStamp }) => resolve(timeStamp), { capture: true, once: true }),
      );
      this.arrival = clicked.then(async (begin) => {
        for (;;) {
          const seen = canvas();
          if (seen?.width === size.width && seen.height === size.height && isLike(sample(seen), wanted))
            return performance.now() - begin;
          await new Promise(requestAnimationFrame);
        }
      });
      this.clicked = clicked;
    },
    /** Pixels in the green of a user's name in Debian's prompt. */
    green: () =>
      read().pixels.reduce((all, each) => {
        const [red, green, blue] = [each & 255, (each >> 8) & 255, (each >> 16) & 255];
        return green > 190 && red < 130 && blue < 130 ? all + 1 : all;
      }, 0),
    /** Milliseconds from that click until so much green is there; undefined: it was there before. */
    async awaitGreen(least) {
      const begin = await this.clicked;
      if (this.green() >= least) return undefined;
      while (this.green() < least) await new Promise((resolve) => setTimeout(resolve, 20));
      return performance.now() - begin;
    },
    /** The next keys are to put letters into these cells, of which all are empty and the first has the cursor on it. */
    expect(cells) {
      results = [];
      without = cells.map(cellOf);
      awaited = cells.map((cell) => ({ cell, pressed: undefined }));
    },
    /** Milliseconds that each took, once all have come. */
    async shown(limit) {
      for (const end = performance.now() + limit; awaited.length > 0;) {
        if (performance.now() > end) {
          awaited = [];
          return undefined;
        }
        await new Promise(requestAnimationFrame);
      }
      return results;
    },
  };
})()`;
