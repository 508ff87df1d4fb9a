/**
 * Splits QEMU's migration stream into the machine's main memory and all the rest, while it comes.
 *
 * The format, as migration/savevm.c and migration/ram.c of QEMU 7.2 to 10.0 write it (numbers are big-endian):
 *
 *   stream   = "QEVM" u32:3, configuration, section …, end of devices
 *   configuration = 07 u32:length name                    the machine's type
 *   section  = 01 u32:id name u32:instance u32:version    start; what starts before the devices is RAM only
 *            | 02 u32:id                                  a part: one round over the dirty pages
 *            | 03 u32:id                                  the end: the pages left when the machine stood still
 *     each followed by records up to EOS, and by 7e u32:id
 *            | 08 u16:command u16:length data             a command
 *   record   = u64: an offset whose low 12 bits are flags
 *     MEM_SIZE            the "offset" is the sum of all blocks; then name u64:length for each of them
 *     ZERO  [name] u8:0   a page of zeros
 *     PAGE  [name] 4096 bytes
 *     EOS                 end of the section
 *     with CONTINUE there is no name: the block is that of the record before
 *   name     = u8:length bytes
 *   end      = device sections, opaque here, 00, then 06 u32:length and a description as JSON
 *
 * What is kept is a valid stream again: the same sections and list of blocks, but no pages of the main
 * block. A QEMU that loads it keeps what it has mapped there. As CONTINUE would refer to another record
 * after some are taken out, each kept page names its block.
 *
 * Anything else is refused rather than guessed: every optional feature of a stream is switched off at its
 * source (migrate.ts), so what is not known here would be a QEMU that Lodge does not know.
 */
/** Who takes the parts. The bytes are valid during the call only. */
export interface Parts {
  /** A page of the main memory, which replaces what came for the same offset before. */
  page(offset: number, bytes: Uint8Array): void;
  /** The same, for a page of nothing but zeros. */
  zeroPage(offset: number): void;
  /** The next bytes of the stream that has everything else. */
  kept(bytes: Uint8Array): void;
}

export interface MainMemory {
  /** QEMU's name of the block: the id of the memory backend. */
  readonly block: string;
  /** Bytes. */
  readonly size: number;
}

export const pageSize = 4096;

const magic = 0x5145564d;
const section = { start: 1, part: 2, end: 3, description: 6, configuration: 7, command: 8, footer: 0x7e };
const flag = { zero: 0x02, memSize: 0x04, page: 0x08, eos: 0x10, continue: 0x20 };
/** Version 4 of the RAM section has been in use since 2009. */
const ramVersion = 4;
/** MIG_CMD_SWITCHOVER_START, sent by machine types from 10.0 on; has no data. */
const switchoverStart = 11;
/** A page with its head and its block's name. */
const largestItem = 8 + 256 + pageSize;
/** The devices' state is some hundred KiB; a stream that goes on and on is none. */
const deviceStateLimit = 256 * 2 ** 20;

/** What came is no stream that Lodge knows: what is wrong is the message. receive.ts makes an answer of it. */
export class BrokenStream extends Error {}

const broken = (what: string) => new BrokenStream(`the machine's state ${what}`);

const hex = (value: number) => `0x${value.toString(16)}`;

/** The main memory's and the kept parts go to `parts` as the stream is pushed in; end() says that it was whole. */
export class StreamSplitter {
  readonly #parts: Parts;
  readonly #main: MainMemory;
  /** What is being worked on; between two calls, the beginning of an item. */
  #input: Buffer = Buffer.alloc(0);
  /** How much of the input is consumed. */
  #at = 0;
  /** Consumes one item of the input; false when it is not all there yet. */
  #step: () => boolean = () => this.#header();
  readonly #blocks = new Map<string, number>();
  /** Bytes of blocks that the list has yet to name. */
  #unlisted = 0;
  /** The block of the last record, for CONTINUE. */
  #block = "";
  #blockLength = 0;
  #ramSection: number | undefined;
  #inLastSection = false;
  readonly #devices: Buffer[] = [];
  #deviceBytes = 0;

  constructor(main: MainMemory, parts: Parts) {
    this.#main = main;
    this.#parts = parts;
  }

  /** Takes the next bytes. @throws BrokenStream when they are not what a stream may have. */
  push(chunk: Buffer): void {
    const cut = this.#input;
    this.#input = chunk;
    this.#at = 0;
    if (cut.length > 0) {
      // Joins the item that was cut in two, and not the whole chunk, which would be copied for nothing.
      this.#input = Buffer.concat([cut, chunk.subarray(0, largestItem)]);
      while (this.#at < cut.length && this.#step());
      if (this.#at >= cut.length) {
        this.#input = chunk;
        this.#at -= cut.length;
      }
    }
    while (this.#step());
    this.#input = Buffer.from(this.#input.subarray(this.#at));
  }

  /** The stream has ended. @throws BrokenStream when it was not whole. */
  end(): void {
    const devices = Buffer.concat(this.#devices);
    if (!endsWithDescription(devices)) throw broken("ended before it was whole");
    this.#parts.kept(devices);
  }

  #has(bytes: number): boolean {
    return this.#input.length - this.#at >= bytes;
  }

  /** Consumes these bytes, which are there. */
  #take(bytes: number): Buffer {
    const start = this.#at;
    this.#at += bytes;
    return this.#input.subarray(start, this.#at);
  }

  #keep(bytes: number): true {
    this.#parts.kept(this.#take(bytes));
    return true;
  }

  /** The bytes of the name at this distance from here, its length included; undefined when not all there. */
  #nameSize(distance: number): number | undefined {
    if (!this.#has(distance + 1)) return undefined;
    const size = 1 + this.#input.readUInt8(this.#at + distance);
    return this.#has(distance + size) ? size : undefined;
  }

  #name(distance: number, size: number): string {
    const start = this.#at + distance;
    return this.#input.toString("latin1", start + 1, start + size);
  }

  #header(): boolean {
    if (!this.#has(13)) return false;
    if (this.#input.readUInt32BE(0) !== magic || this.#input.readUInt32BE(4) !== 3) {
      throw broken("is no migration stream of version 3");
    }
    if (this.#input[8] !== section.configuration) throw broken("lacks the machine's configuration");
    const length = this.#input.readUInt32BE(9);
    if (length > 255) throw broken("names no machine type");
    if (!this.#has(13 + length)) return false;
    this.#step = () => this.#section();
    return this.#keep(13 + length);
  }

  #section(): boolean {
    if (!this.#has(5)) return false;
    const type = this.#input.readUInt8(this.#at);
    if (type === section.start) return this.#sectionStart();
    if (type === section.command) {
      const command = this.#input.readUInt32BE(this.#at + 1);
      if (command !== switchoverStart << 16) throw broken(`has the unknown command ${hex(command)}`);
      return this.#keep(5);
    }
    if (type !== section.part && type !== section.end) throw broken(`has a section of type ${hex(type)}`);
    if (this.#input.readUInt32BE(this.#at + 1) !== this.#ramSection) throw broken("mixes up its sections");
    this.#inLastSection = type === section.end;
    this.#step = () => this.#record();
    return this.#keep(5);
  }

  #sectionStart(): boolean {
    const nameSize = this.#nameSize(5);
    if (nameSize === undefined || !this.#has(5 + nameSize + 8)) return false;
    const name = this.#name(5, nameSize);
    const version = this.#input.readUInt32BE(this.#at + 5 + nameSize + 4);
    if (name !== "ram" || version !== ramVersion || this.#ramSection !== undefined) {
      throw broken(`has a section '${name}' of version ${version} that Lodge does not know`);
    }
    this.#ramSection = this.#input.readUInt32BE(this.#at + 1);
    this.#step = () => this.#record();
    return this.#keep(5 + nameSize + 8);
  }

  #record(): boolean {
    if (!this.#has(8)) return false;
    const low = this.#input.readUInt32BE(this.#at + 4);
    const flags = low % pageSize;
    const offset = this.#input.readUInt32BE(this.#at) * 2 ** 32 + low - flags;
    switch (flags & ~flag.continue) {
      case flag.page:
      case flag.zero:
        return this.#page(offset, flags);
      case flag.memSize:
        this.#unlisted = offset;
        this.#step = () => this.#blockList();
        return this.#keep(8);
      case flag.eos:
        this.#step = () => this.#footer();
        return this.#keep(8);
      default:
        throw broken(`has memory with the unknown flags ${hex(flags)}`);
    }
  }

  #blockList(): boolean {
    if (this.#unlisted === 0) {
      const { block, size } = this.#main;
      if (this.#blocks.get(block) !== size) throw broken(`has no memory '${block}' of ${size} bytes`);
      this.#step = () => this.#record();
      return true;
    }
    const nameSize = this.#nameSize(0);
    if (nameSize === undefined || !this.#has(nameSize + 8)) return false;
    const length = Number(this.#input.readBigUInt64BE(this.#at + nameSize));
    if (length > this.#unlisted) throw broken("has more memory than it says");
    this.#unlisted -= length;
    this.#blocks.set(this.#name(0, nameSize), length);
    return this.#keep(nameSize + 8);
  }

  #page(offset: number, flags: number): boolean {
    const named = (flags & flag.continue) === 0;
    const nameSize = named ? this.#nameSize(8) : 0;
    const isZero = (flags & flag.zero) !== 0;
    if (nameSize === undefined || !this.#has(8 + nameSize + (isZero ? 1 : pageSize))) return false;
    if (named) {
      this.#block = this.#name(8, nameSize);
      this.#blockLength = this.#blocks.get(this.#block) ?? 0;
    }
    if (offset + pageSize > this.#blockLength) {
      throw broken(`has a page at ${hex(offset)} of '${this.#block}', which is none`);
    }
    this.#take(8 + nameSize);
    const content = this.#take(isZero ? 1 : pageSize);
    if (isZero && content[0] !== 0) throw broken("has a page filled with something else than zeros");
    if (this.#block !== this.#main.block) this.#keepPage(offset, flags & ~flag.continue, content);
    else if (isZero) this.#parts.zeroPage(offset);
    else this.#parts.page(offset, content);
    return true;
  }

  #keepPage(offset: number, flags: number, content: Buffer): void {
    const head = Buffer.alloc(9 + this.#block.length);
    head.writeBigUInt64BE(BigInt(offset + flags));
    head.writeUInt8(this.#block.length, 8);
    head.write(this.#block, 9, "latin1");
    this.#parts.kept(head);
    this.#parts.kept(content);
  }

  #footer(): boolean {
    if (!this.#has(5)) return false;
    const right = this.#input.readUInt8(this.#at) === section.footer;
    if (!right || this.#input.readUInt32BE(this.#at + 1) !== this.#ramSection) {
      throw broken("has a section without its end");
    }
    this.#step = this.#inLastSection ? () => this.#deviceState() : () => this.#section();
    return this.#keep(5);
  }

  #deviceState(): boolean {
    const bytes = this.#take(this.#input.length - this.#at);
    this.#deviceBytes += bytes.length;
    if (this.#deviceBytes > deviceStateLimit) throw broken("does not end");
    if (bytes.length > 0) this.#devices.push(Buffer.from(bytes));
    return false;
  }
}

/** Only the whole stream ends with a description of the length that precedes it. */
function endsWithDescription(devices: Buffer): boolean {
  const { description } = section;
  for (let at = devices.indexOf(description); at >= 0; at = devices.indexOf(description, at + 1)) {
    const left = devices.length - at - 5;
    if (left < 2) return false;
    if (at > 0 && devices[at - 1] === 0 && devices.readUInt32BE(at + 1) === left) return true;
  }
  return false;
}
