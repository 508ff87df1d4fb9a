/** What an OVF (DMTF's DSP0243) says of a machine, as far as an image needs it. Pure; its writer is not trusted. */
import { readXml, textOf, within, type Element } from "./xml.ts";

export interface Described {
  /** The name of the file that has the machine's disk. */
  readonly disk: string;
  readonly cpus?: number;
  /** Bytes, whole MiB. */
  readonly memory?: number;
  readonly firmware?: "bios" | "uefi";
}

/** Why it makes no image, and what to do about that where it is not to ask for another. */
export class OvfTrouble extends Error {
  readonly fix: string | undefined;

  constructor(reason: string, fix?: string) {
    super(reason);
    this.fix = fix;
  }
}

const MiB = 2 ** 20;
/** What is beyond is no machine's, and is not taken for a suggestion. */
const most = { cpus: 255, memory: 2 ** 40 } as const;

/** By CIM's ResourceType. */
const processors = "3";
const memory = "4";

/** @throws XmlTrouble, OvfTrouble */
export function readOvf(text: string): Described {
  const envelope = readXml(text);
  if (envelope.name !== "Envelope") throw new OvfTrouble("its description is no OVF");
  const systems = within(envelope, "VirtualSystem");
  if (systems.length !== 1)
    throw new OvfTrouble(`it describes ${systems.length} machines`, "export one machine alone");
  const [system] = systems;
  const items = within(system!, "Item");
  const cpus = quantity(items, processors);
  const bytes = memoryOf(items);
  const firmware = firmwareOf(system!);
  return {
    disk: diskOf(envelope),
    ...(cpus !== undefined && cpus >= 1 && cpus <= most.cpus ? { cpus } : {}),
    ...(bytes !== undefined && bytes >= 16 * MiB && bytes <= most.memory ? { memory: bytes } : {}),
    ...(firmware === undefined ? {} : { firmware }),
  };
}

function diskOf(envelope: Element): string {
  const disks = within(envelope, "Disk").filter(({ attributes }) => attributes.has("fileRef"));
  if (disks.length === 0) throw new OvfTrouble("no disk is in it");
  if (disks.length > 1)
    throw new OvfTrouble(
      `it has ${disks.length} disks, and an image has one`,
      "unpack it with 'tar -xf', and import its disks one by one",
    );
  const wanted = disks[0]!.attributes.get("fileRef");
  const file = within(envelope, "File").find(({ attributes }) => attributes.get("id") === wanted);
  const href = file?.attributes.get("href");
  if (!file || href === undefined) throw new OvfTrouble("it does not say which file is its disk");
  const compression = file.attributes.get("compression") ?? "identity";
  if (compression !== "identity" && compression !== "")
    throw new OvfTrouble("its disk is compressed once more", "export it without compression of files");
  if (file.attributes.has("chunkSize"))
    throw new OvfTrouble("its disk is in pieces", "export it with each disk in one file");
  return href;
}

/** Of several configurations that it can have, the first. */
const itemOf = (items: readonly Element[], type: string): Element | undefined =>
  items.find((item) => textOf(item, "ResourceType") === type);

function quantity(items: readonly Element[], type: string): number | undefined {
  const item = itemOf(items, type);
  const text = item && textOf(item, "VirtualQuantity");
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function memoryOf(items: readonly Element[]): number | undefined {
  const item = itemOf(items, memory);
  const amount = quantity(items, memory);
  const unit = item && unitOf(textOf(item, "AllocationUnits") ?? "");
  if (amount === undefined || unit === undefined) return undefined;
  return Math.floor((amount * unit) / MiB) * MiB;
}

/** As DSP0004 writes them ("byte * 2^20"), and as its forerunners did ("MegaBytes"). */
function unitOf(text: string): number | undefined {
  const power = /^byte\s*\*\s*2\s*\^\s*(\d{1,2})$/i.exec(text.trim())?.[1];
  if (power !== undefined) return 2 ** Number(power);
  const words: Readonly<Record<string, number>> = { "": 20, b: 0, byte: 0, k: 10, m: 20, g: 30 };
  const short = text.trim().toLowerCase();
  const exponent = words[short === "byte" || short === "" ? short : short.slice(0, 1)];
  return exponent === undefined ? undefined : 2 ** exponent;
}

/** VMware has it among its settings, VirtualBox in its own description of the machine. */
function firmwareOf(system: Element): Described["firmware"] {
  const setting = within(system, "Config").find(({ attributes }) => attributes.get("key") === "firmware");
  const told =
    setting?.attributes.get("value") ?? within(system, "Firmware")[0]?.attributes.get("type") ?? "";
  if (/^u?efi/i.test(told)) return "uefi";
  return /^bios$/i.test(told) ? "bios" : undefined;
}
