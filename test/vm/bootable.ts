/** Programs of some bytes that a BIOS or UEFI starts, and what they lie on: for asking what was started. */
import { fatVolume } from "#hypervisor/image/fat";

const sector = 2048;

/** Writes a letter to the serial port, in 16-bit code: mov dx, 0x3f8; mov al, LETTER; out dx, al */
export const say16 = (letter: string): number[] => [0xba, 0xf8, 0x03, 0xb0, letter.charCodeAt(0), 0xee];
/** The same in 64-bit code. */
export const say64 = (letter: string): number[] => [0x66, ...say16(letter)];
/** cli; hlt; jmp back to the hlt */
export const halt = [0xfa, 0xf4, 0xeb, 0xfd];
/** mov al, 0xfe; out 0x64, al; hlt; jmp back: the keyboard's controller resets the machine. */
export const reset = [0xb0, 0xfe, 0xe6, 0x64, 0xf4, 0xeb, 0xfd];

/** An ISO that boots: a volume, El Torito's record of where its catalogue is, the catalogue, what is started. */
export function bootableIso(content: Uint8Array, platform: "bios" | "uefi"): Buffer {
  const iso = Buffer.alloc(20 * sector + Math.max(content.length, 12 * sector));
  const at = (number: number) => iso.subarray(number * sector, (number + 1) * sector);
  for (const [number, type] of [
    [16, 1],
    [17, 0],
    [18, 255],
  ] as const) {
    at(number)[0] = type;
    at(number).write("CD001\x01", 1, "latin1");
  }
  at(16).writeUInt32LE(iso.length / sector, 80);
  at(16).writeUInt16LE(sector, 128);
  at(17).write("EL TORITO SPECIFICATION", 7, "latin1");
  at(17).writeUInt32LE(19, 71);
  const catalogue = at(19);
  catalogue[0] = 1;
  catalogue[1] = platform === "uefi" ? 0xef : 0;
  catalogue.set([0x55, 0xaa], 30);
  // All words of the entry have to come to nothing.
  let sum = 0;
  for (let word = 0; word < 32; word += 2) sum += catalogue.readUInt16LE(word);
  catalogue.writeUInt16LE(-sum & 0xffff, 28);
  // Bootable, no emulation, so many sectors of 512 bytes, at sector 20.
  catalogue[32] = 0x88;
  catalogue.writeUInt16LE(content.length / 512, 38);
  catalogue.writeUInt32LE(20, 40);
  iso.set(content, 20 * sector);
  return iso;
}

/** A volume from which UEFI starts this code. */
export function efiVolume(code: readonly number[]): Buffer {
  const files = [{ path: "EFI/BOOT/BOOTX64.EFI", data: efiProgram(code) }];
  const { front, size } = fatVolume({ label: "BOOT", id: 1, size: 16 * 2 ** 20, files });
  return Buffer.concat([front, Buffer.alloc(size - front.length)]);
}

/** A program in the format PE32+ (Microsoft's PE and COFF specification): headers, and one section of code. */
function efiProgram(code: readonly number[]): Buffer {
  const file = Buffer.alloc(0x400);
  const [coff, optional, section] = [0x44, 0x58, 0x148];
  const write = (at: number, size: 2 | 4, ...values: number[]) =>
    values.forEach((value, index) => file.writeUIntLE(value, at + index * size, size));
  file.write("MZ", 0, "latin1");
  write(0x3c, 4, 0x40);
  file.write("PE", 0x40, "latin1");
  // x86-64, one section; the optional header's size; an executable that knows large addresses.
  write(coff, 2, 0x8664, 1);
  write(coff + 16, 2, 0xf0, 0x22);
  // PE32+; the code's size, where it begins, how sections are aligned in memory and in the file.
  write(optional, 2, 0x20b);
  write(optional + 4, 4, 0x200, 0, 0, 0x1000, 0x1000);
  write(optional + 32, 4, 0x1000, 0x200);
  // Size in memory, size of the headers; then: an EFI application with 16 directories, all empty.
  write(optional + 56, 4, 0x2000, 0x200);
  write(optional + 68, 2, 10);
  write(optional + 108, 4, 16);
  file.write(".text", section, "latin1");
  write(section + 8, 4, 0x200, 0x1000, 0x200, 0x200);
  write(section + 36, 4, 0x60000020);
  Buffer.from(code).copy(file, 0x200);
  return file;
}
