/** A file, or anything else that can be read at an offset. Reads past the end give less than asked. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Buffer>;
}

/** Firmware that finds a boot loader on a disk or CD. */
export type Firmware = "bios" | "uefi";
