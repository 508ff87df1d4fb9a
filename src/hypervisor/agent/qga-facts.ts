import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { parseAddresses, parseObject, text } from "./qga-answer.ts";
import type { QgaCall, QgaClient } from "./qga.ts";
import { readFile } from "./qga-file.ts";

type Facts = Schemas["GuestFacts"];

/** Bytes that are read of a file of /proc. */
const enough = 65_536;

/** What a guest says of itself. Whatever its agent must not tell, or its system does not know, is left out. */
export async function askFacts(qga: QgaClient, signal?: AbortSignal): Promise<Facts> {
  const call = { signal };
  const parse = (value: unknown) => text(parseObject(value)["host-name"]);
  const hostname = await ifTold(qga.call("guest-get-host-name", {}, { ...call, parse }));
  const system = await ifTold(qga.call("guest-get-osinfo", {}, { ...call, parse: parseObject }));
  const cards = { ...call, parse: parseAddresses };
  const addresses = await ifTold(qga.call("guest-network-get-interfaces", {}, cards));
  return {
    hostname: hostname ?? "",
    kernel: shown(system?.["kernel-release"]),
    os: shown(system?.["pretty-name"]),
    addresses: addresses ?? [],
    ...(await uptime(qga, call)),
    ...(await memory(qga, call)),
  };
}

const shown = (value: unknown): string => (typeof value === "string" ? value : "");

/** There is no call for these; Linux has files. */
async function uptime(qga: QgaClient, call: QgaCall): Promise<Pick<Facts, "uptime">> {
  const seconds = Number.parseFloat((await ifTold(beginning(qga, "/proc/uptime", call))) ?? "");
  return Number.isFinite(seconds) ? { uptime: seconds } : {};
}

async function memory(
  qga: QgaClient,
  call: QgaCall,
): Promise<Pick<Facts, "memoryTotal" | "memoryAvailable">> {
  const lines = (await ifTold(beginning(qga, "/proc/meminfo", call))) ?? "";
  const bytes = (key: string) => Number(new RegExp(`^${key}: +(\\d+) kB$`, "m").exec(lines)?.[1]) * 1024;
  const found = { memoryTotal: bytes("MemTotal"), memoryAvailable: bytes("MemAvailable") };
  return Number.isSafeInteger(found.memoryTotal + found.memoryAvailable) ? found : {};
}

async function beginning(qga: QgaClient, path: string, call: QgaCall): Promise<string> {
  let words = "";
  for await (const bytes of readFile(qga, path, call)) {
    words += bytes.toString();
    if (words.length > enough) break;
  }
  return words;
}

async function ifTold<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, "agent.unsupported", "agent.refused", "agent.file")) return undefined;
    throw error;
  }
}
