/**
 * What the display of a stand-in for QEMU shows, as a PPM: the screen of a system that has booted, line after
 * line. No letters: at the size of a thumbnail there are none.
 */
const width = 720;
const height = 400;
const line = 16;
const letter = 9;
const [text, mark] = [
  [170, 170, 170],
  [84, 190, 120],
];

/** Pseudo-random, the same for the same guest. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = Math.abs(seed) | 1; ;) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    yield state / 0x7fffffff;
  }
}

export function fakeScreen(name: string): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  const random = numbers([...name].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) | 0, 7));
  const next = () => random.next().value;
  const word = (x: number, y: number, letters: number, colour: readonly number[]) => {
    for (let at = 0; at < letters; at++)
      for (let row = 4; row < 13; row++)
        for (let column = 1; column < letter - 2; column++)
          if (next() < 0.55) pixels.set(colour, ((y + row) * width + x + at * letter + column) * 3);
  };
  const lines = 8 + Math.floor(next() * 14);
  for (let at = 0; at < lines; at++) {
    let x = letter;
    word(x, at * line, 4, mark!);
    for (x += 6 * letter; x < width * (0.3 + next() * 0.6);) {
      const letters = 2 + Math.floor(next() * 8);
      if (x + letters * letter > width) break;
      word(x, at * line, letters, text!);
      x += (letters + 1) * letter;
    }
  }
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]);
}
