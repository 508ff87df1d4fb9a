/** Pictures that a guest shows in motion (motion.pl), as rows of the X server's pixels. Pure. */

export const size = { width: 640, height: 360 } as const;
/** Where in a picture its number is, in eight squares. */
export const number = { x: 0, y: 0, width: 128, height: 16 } as const;

/** Something that looks as a film does to an encoder: shades, edges that move, and grain. Its pictures lie one below another. */
export function film(pictures: number): Buffer {
  const { width, height } = size;
  const pixels = new Uint32Array(width * height * pictures);
  let seed = 1;
  for (let picture = 0; picture < pictures; picture++) {
    const turn = (2 * Math.PI * picture) / pictures;
    const [ballX, ballY] = [320 + 200 * Math.cos(turn), 180 + 110 * Math.sin(turn)];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        // A generator of the simplest kind: grain need not be random, but the same each time.
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
        const grain = (seed >>> 28) - 8;
        const inBall = (x - ballX) ** 2 + (y - ballY) ** 2 < 3600;
        const wave = 40 * Math.sin(x / 60 + turn) + 40 * Math.cos(y / 45 - turn);
        const [red, green, blue] = inBall ? [220, 180, 60] : [90 + wave, 110 + wave / 2, 130 - wave];
        pixels[(picture * height + y) * width + x] =
          inNumber(x, y, picture) ?? colour(red + grain, green + grain, blue + grain);
      }
  }
  return Buffer.from(pixels.buffer);
}

function inNumber(x: number, y: number, picture: number): number | undefined {
  if (x >= number.width || y >= number.height) return undefined;
  return (picture >> Math.floor((x * 8) / number.width)) & 1 ? 0xffffff : 0;
}

const byte = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));

const colour = (red: number, green: number, blue: number): number =>
  (byte(red) << 16) | (byte(green) << 8) | byte(blue);

/** A browser's pixels as the X server has them, so many times one below another. */
export function column(browser: Buffer, times: number): Buffer {
  const pixels = Buffer.from(browser);
  for (let at = 0; at < pixels.length; at += 4) {
    const red = pixels[at]!;
    pixels[at] = pixels[at + 2]!;
    pixels[at + 2] = red;
  }
  return Buffer.concat(Array.from({ length: times }, () => pixels));
}
