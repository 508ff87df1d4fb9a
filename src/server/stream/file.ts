import { PassThrough } from "node:stream";
import { stdout, type DropStart, type FileStart } from "#contract/stream";
import type { ConsoleService, GuestService } from "../services.ts";
import type { Channel } from "./channel.ts";

type Files = Pick<GuestService, "fileIn" | "fileOut">;

/** What is copied, and where. `told`: of what, once that is known. */
interface Copying<Start> {
  readonly guest: string;
  readonly told: (start: Start) => void;
}

/** A file or folder into or out of a guest, as a tar archive. */
export async function serveFile(
  guests: Files,
  { guest, told }: Copying<FileStart>,
  channel: Channel,
): Promise<void> {
  const start = await channel.first("FileStart");
  told(start);
  if (start.direction === "in")
    await takeIn(channel, (content) => guests.fileIn(guest, start, content, channel.gone));
  else await giveOut(guests, guest, start, channel);
  await channel.finish({ type: "end" });
}

/** A file onto a guest's desktop. */
export async function serveDrop(
  consoles: Pick<ConsoleService, "drop">,
  { guest, told }: Copying<DropStart>,
  channel: Channel,
): Promise<void> {
  const start = await channel.first("DropStart");
  told(start);
  const folder = await takeIn(channel, (content) => consoles.drop(guest, start, content, channel.gone));
  await channel.finish({ type: "end", ...(folder === undefined ? {} : { folder }) });
}

async function takeIn<T>(channel: Channel, take: (content: PassThrough) => Promise<T>): Promise<T> {
  const content = new PassThrough();
  // An archive cut short must not look like a whole one: it ends with an error, not with its end.
  const cut = () => content.destroy(channel.gone.reason as Error);
  channel.gone.addEventListener("abort", cut, { once: true });
  try {
    channel.gone.throwIfAborted();
    const taken = take(content);
    taken.catch(() => undefined);
    channel.feed(content);
    await channel.send({ type: "started" });
    return await taken;
  } finally {
    content.destroy();
  }
}

async function giveOut(guests: Files, guest: string, start: FileStart, channel: Channel): Promise<void> {
  const content = await guests.fileOut(guest, start, channel.gone);
  // Whoever reads it is told, also of what fails before; a stream whose error nobody heard of would end the daemon.
  content.on("error", () => undefined);
  const drop = () => content.destroy();
  channel.gone.addEventListener("abort", drop, { once: true });
  try {
    channel.gone.throwIfAborted();
    await channel.send({ type: "started" });
    await channel.pump(content, stdout);
  } finally {
    content.destroy();
  }
}
