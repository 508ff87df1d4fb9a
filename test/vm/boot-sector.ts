/**
 * Programs of a boot sector that put something on the screen in a known way, in 16-bit code put together here. They
 * use the BIOS and a VGA's memory, so a screen shows what they do within microseconds.
 */

/** The bytes of a word, the lower first. */
const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];

/** AX, CX, DX, BX, SP, BP, SI, DI: their numbers in instructions. */
const registers = { ax: 0, cx: 1, dx: 2, bx: 3, di: 7 } as const;
type Register = keyof typeof registers;

class Code {
  readonly #bytes: number[] = [];

  get here(): number {
    return this.#bytes.length;
  }

  put(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** mov REGISTER, VALUE */
  set(register: Register, value: number): this {
    return this.put(0xb8 + registers[register], ...word(value));
  }

  /** int NUMBER: a function of the BIOS */
  call(number: number): this {
    return this.put(0xcd, number);
  }

  /** jmp back to a place before */
  jump(to: number): this {
    return this.put(0xeb, (to - this.here - 2) & 0xff);
  }

  /** A disk of a mebibyte whose first sector this is, with a partition as disks have one. */
  disk(): Buffer {
    const disk = Buffer.alloc(1_048_576);
    Buffer.from(this.#bytes).copy(disk);
    // Active, of Linux, from the second sector to the end.
    disk.set([0x80, 0, 2, 0, 0x83, 0, 0, 0], 446);
    disk.writeUInt32LE(1, 454);
    disk.writeUInt32LE(disk.length / 512 - 1, 458);
    disk.writeUInt16LE(0xaa55, 510);
    return disk;
  }
}

/** mov ax, SEGMENT; mov es, ax; xor di, di */
const pointTo = (code: Code, segment: number) => code.set("ax", segment).put(0x8e, 0xc0, 0x31, 0xff);

/** Text mode without a cursor that blinks, and ES:DI at its first cell. */
function textMode(): Code {
  const code = new Code().set("ax", 3).call(0x10);
  code.set("ax", 0x0100).set("cx", 0x2000).call(0x10);
  return pointTo(code, 0xb800);
}

/** int 0x15, 0x86: waits so many microseconds. */
const wait = (code: Code, microseconds: number) =>
  code
    .set("ax", 0x8600)
    .set("cx", microseconds >> 16)
    .set("dx", microseconds & 0xffff)
    .call(0x15);

/**
 * Shows each key as a white letter on blue, in the next cell, so many microseconds after it was pressed. The first cell is
 * a star, which says that it is there.
 */
export function keys(reaction = 0): Buffer {
  // mov ax, 0x1f2a; stosw
  const code = textMode().set("ax", 0x1f2a).put(0xab);
  const again = code.here;
  // xor ah, ah; int 0x16: waits for a key
  code.put(0x30, 0xe4).call(0x16).put(0x50);
  if (reaction > 0) wait(code, reaction);
  // pop ax; mov ah, 0x1f; stosw; and di, 0x7ff
  code.put(0x58, 0xb4, 0x1f, 0xab, 0x81, 0xe7, ...word(0x7ff));
  return code.jump(again).disk();
}

/** Changes some cells of the screen about a hundred times a second, for ever. */
export function motion(): Buffer {
  const code = textMode().put(0x31, 0xdb);
  const again = code.here;
  // push bx; push di; wait; pop di; pop bx
  wait(code.put(0x53, 0x57), 10_000).put(0x5f, 0x5b);
  // inc bx; mov al, bl; or al, 0x21; mov ah, 0x1f; stosw
  code.put(0x43, 0x88, 0xd8, 0x0c, 0x21, 0xb4, 0x1f, 0xab);
  // cmp di, 2000; jb over; xor di, di: after a thousand cells, so that each is another one the next time
  code.put(0x81, 0xff, ...word(2000), 0x72, 2, 0x31, 0xff);
  return code.jump(again).disk();
}

/**
 * Fills `words` × 2 pixels from ES:DI on with noise of xorshift's in BX.
 *
 *   mov ax, bx; shl ax, 7; xor bx, ax; mov ax, bx; shr ax, 9; xor bx, ax; mov ax, bx; shl ax, 8; xor bx, ax
 *   mov ax, bx; stosw; loop
 */
function fillWithNoise(code: Code, words: number): Code {
  const cell = code.set("cx", words).here;
  code.put(0x89, 0xd8, 0xc1, 0xe0, 7, 0x31, 0xc3);
  code.put(0x89, 0xd8, 0xc1, 0xe8, 9, 0x31, 0xc3);
  code.put(0x89, 0xd8, 0xc1, 0xe0, 8, 0x31, 0xc3);
  return code.put(0x89, 0xd8, 0xab, 0xe2, (cell - code.here - 5) & 0xff);
}

/**
 * Fills 320 × 200 pixels with noise, again and again until a key is pressed, then stands still until the next one:
 * no encoding makes much less of it.
 */
export function noise(): Buffer {
  const code = new Code().set("ax", 0x13).call(0x10);
  pointTo(code, 0xa000).set("bx", 1);
  const frame = code.here;
  fillWithNoise(code, 32_000);
  // xor di, di; mov ah, 1; int 0x16: is there a key? jz frame
  code.put(0x31, 0xff, 0xb4, 0x01).call(0x16);
  code.put(0x74, (frame - code.here - 2) & 0xff);
  // Takes it, waits for another one, and goes on.
  code.put(0x30, 0xe4).call(0x16).put(0x30, 0xe4).call(0x16);
  return code.jump(frame).disk();
}

/**
 * A video above a line of text: noise in the upper 320 × 120 of 320 × 200 pixels, again and again, and with each key 8 × 8
 * pixels of another colour at the next of twenty places from row 160 on.
 */
export function video(): Buffer {
  const [width, first] = [320, 160 * 320];
  const code = new Code().set("ax", 0x13).call(0x10);
  // mov si, FIRST: where the next one goes. sti: a key comes by an interrupt
  pointTo(code, 0xa000)
    .set("bx", 1)
    .put(0xbe, ...word(first), 0xfb);
  const frame = code.here;
  fillWithNoise(code, (width * 120) / 2);
  // xor di, di; mov ah, 1; int 0x16: is there a key? jz frame
  code.put(0x31, 0xff, 0xb4, 0x01).call(0x16);
  code.put(0x74, (frame - code.here - 2) & 0xff);
  // xor ah, ah; int 0x16: takes it. inc dx; mov al, dl; mov ah, dl; mov di, si
  code.put(0x30, 0xe4).call(0x16).put(0x42, 0x88, 0xd0, 0x88, 0xd4, 0x89, 0xf7);
  const row = code.set("cx", 8).here;
  // push cx; mov cx, 4; rep stosw; add di, WIDTH - 8; pop cx; loop row
  code
    .put(0x51)
    .set("cx", 4)
    .put(0xf3, 0xab, 0x81, 0xc7, ...word(width - 8), 0x59);
  code.put(0xe2, (row - code.here - 2) & 0xff);
  // add si, 16; cmp si, FIRST + WIDTH; jb over; mov si, FIRST; over: xor di, di
  code.put(0x83, 0xc6, 16, 0x81, 0xfe, ...word(first + width), 0x72, 3, 0xbe, ...word(first), 0x31, 0xff);
  return code.jump(frame).disk();
}

/** The frequency that a PC's timer counts with. */
const timer = 1_193_182;

/**
 * Plays a tone of so many hertz by the PC's speaker, for ever. It is switched on again every two seconds: QEMU's
 * forgets over a migration that it is (hw/audio/pcspk.c restores no voice).
 */
export function tone(hertz: number): Buffer {
  // mov al, 0xb6; out 0x43, al; mov ax, DIVISOR; out 0x42, al; mov al, ah; out 0x42, al: a square wave of timer 2
  const code = new Code().put(0xb0, 0xb6, 0xe6, 0x43).set("ax", Math.round(timer / hertz));
  code.put(0xe6, 0x42, 0x88, 0xe0, 0xe6, 0x42);
  // sti; in al, 0x61; or al, 3; out 0x61, al: on the speaker
  const on = code.put(0xfb).here;
  code.put(0xe4, 0x61, 0x0c, 0x03, 0xe6, 0x61);
  // mov cx, 36; hlt; loop: as many ticks of the clock
  return code.set("cx", 36).put(0xf4, 0xe2, 0xfd).jump(on).disk();
}
