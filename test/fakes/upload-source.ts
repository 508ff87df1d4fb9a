/** Files to be sent, in memory. */
import { randomBytes } from "node:crypto";
import type { UploadSource } from "#client/upload";

export type Bytes = Buffer<ArrayBuffer>;

/** Bytes that begin with a partition table, by which they are a disk. */
export function diskBytes(size: number): Bytes {
  const bytes = Buffer.alloc(size);
  randomBytes(size - 512).copy(bytes, 512);
  bytes.set([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 0, 0, 0], 446);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

export interface Source extends UploadSource {
  /** Where each piece that was read began. */
  readonly from: number[];
}

export function sourceOf(name: string, bytes: Bytes): Source {
  const from: number[] = [];
  return {
    name,
    size: bytes.length,
    modified: 1,
    from,
    async read(begin, end) {
      from.push(begin);
      return bytes.subarray(begin, end);
    },
  };
}
