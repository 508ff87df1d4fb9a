/** Numbers of the RFB protocol (RFC 6143, and the community's registry at github.com/rfbproto/rfbproto). */

export const encoding = {
  raw: 0,
  copyRect: 1,
  hextile: 5,
  zlib: 6,
  tight: 7,
  zrle: 16,
  /** Pseudo-encodings: what somebody can do, and things told as rectangles that are none. */
  qualityLevel0: -32,
  qualityLevel9: -23,
  desktopSize: -223,
  lastRect: -224,
  cursor: -239,
  xCursor: -240,
  compressLevel0: -256,
  compressLevel9: -247,
  qemuPointerChange: -257,
  qemuExtendedKey: -258,
  qemuAudio: -259,
  tightPng: -260,
  qemuLed: -261,
  desktopName: -307,
  extendedDesktopSize: -308,
  xvp: -309,
  alphaCursor: -314,
  /** "WMVi": the screen has another pixel format. */
  pixelFormatChange: 0x574d5669,
} as const;

/** Rectangles with something to see: they answer a request for an update, all others come unasked. */
const pixels: ReadonlySet<number> = new Set([
  encoding.raw,
  encoding.copyRect,
  encoding.hextile,
  encoding.zlib,
  encoding.tight,
  encoding.zrle,
  encoding.tightPng,
]);

export const hasPixels = (number: number): boolean => pixels.has(number);

const isQuality = (number: number) => number >= encoding.qualityLevel0 && number <= encoding.qualityLevel9;
const isCompression = (number: number) =>
  number >= encoding.compressLevel0 && number <= encoding.compressLevel9;

/** What a viewer can do, out of the encodings that it named. */
export interface Abilities {
  /** Ways to send pixels that both it and QEMU have and that survive a new QEMU, the best first; raw is the last. */
  readonly pixels: readonly number[];
  /** Pseudo-encodings that are passed on to QEMU. */
  readonly extras: readonly number[];
  /** JPEG quality it wants at most, 0 to 9; undefined: it wants no loss. */
  readonly quality: number | undefined;
  /** Compression it wants, 0 to 9. */
  readonly compression: number;
  has(number: number): boolean;
}

/** Their zlib streams go on from one QEMU to the next: see zlib-streams.ts. */
const continuable = [encoding.tight, encoding.tightPng, encoding.zrle, encoding.hextile];

const passed = [
  encoding.desktopSize,
  encoding.extendedDesktopSize,
  encoding.cursor,
  encoding.alphaCursor,
  encoding.qemuExtendedKey,
  encoding.qemuLed,
  encoding.xvp,
];

/** Where a viewer names none. QEMU's own default is 9, which takes longest. */
const usualCompression = 2;

export function abilitiesOf(named: readonly number[]): Abilities {
  const all = new Set(named);
  const quality = named.find(isQuality);
  const compression = named.find(isCompression);
  return {
    pixels: [...continuable.filter((number) => all.has(number)), encoding.raw],
    extras: passed.filter((number) => all.has(number)),
    quality: quality === undefined ? undefined : quality - encoding.qualityLevel0,
    compression: compression === undefined ? usualCompression : compression - encoding.compressLevel0,
    has: (number) => all.has(number),
  };
}

/**
 * What QEMU is asked for. Its audio is always among it, though nobody listens: from QEMU 10 on it takes the nudge
 * (messages.ts) from nobody else.
 */
export function encodingsFor(
  { pixels: ways, extras, compression }: Abilities,
  quality: number | undefined,
): number[] {
  return [
    ...ways,
    ...extras,
    encoding.compressLevel0 + compression,
    ...(quality === undefined ? [] : [encoding.qualityLevel0 + quality]),
    encoding.qemuAudio,
  ];
}
