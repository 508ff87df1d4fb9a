/**
 * What the guest does for a home. Its agent is asked to run recipes/home/home, which is brought along, so that any image with
 * Lodge's agent can have homes; it stays in the guest, whose next boot runs it, too.
 *
 *   mount SERIAL USER   waits for the disk, makes a file system on one that is blank, repairs, grows and mounts it
 *   unmount USER        ends what the user runs, writes everything to the disk and lets go of it
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { asLodgeError, LodgeError } from "#contract/errors";
import type { GuestAgent } from "#hypervisor/agent/guest-agent";

const folder = resolve(import.meta.dirname, "../../../recipes/home");

/** The script, its part for a session that runs, and the unit that mounts it at a boot. */
const files = ["home", "home-session", "lodge-home.service"] as const;

/** $1 to $3 are the files' texts, and the rest what is to be done. */
const bring = `
there=/usr/lib/lodge units=/etc/systemd/system
mkdir -p "$there"
printf %s "$1" >"$there/home"
printf %s "$2" >"$there/home-session"
chmod 755 "$there/home" "$there/home-session"
if [ -d /run/systemd/system ]; then
  mkdir -p "$units/graphical.target.wants"
  printf %s "$3" >"$units/lodge-home.service"
  ln -sf "$units/lodge-home.service" "$units/graphical.target.wants/"
fi
shift 3
exec "$there/home" "$@"
`;

let texts: Promise<string[]> | undefined;
const readTexts = () => (texts ??= Promise.all(files.map((name) => readFile(join(folder, name), "utf8"))));

/** Milliseconds: a file system is made, or repaired, without hardware acceleration; programs save what they have on a host that is busy. */
const mountLimit = 120_000;
const unmountLimit = 90_000;
/** And how long a guest that may hang is waited for, before it is asked to unmount. */
const answerLimit = 8_000;

/** By the script's exit codes. */
const reasons: Readonly<Record<number, string>> = {
  10: "its disk did not come",
  11: "what is on its disk is no home",
  12: "its file system has to be repaired by hand",
  13: "no file system could be made on it",
  14: "it could not be mounted",
};

/** @throws LodgeError desktop.not_ready, saying why */
export async function mountHome(
  agent: Pick<GuestAgent, "run">,
  { serial, user }: { readonly serial: string; readonly user: string },
  signal: AbortSignal,
): Promise<void> {
  const argv = ["/bin/sh", "-c", bring, "home", ...(await readTexts()), "mount", serial, user];
  const code = await agent.run(argv, { timeout: mountLimit, signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new LodgeError("desktop.not_ready", { reason: asLodgeError(error).message }, { cause: error });
  });
  if (code === 0) return;
  throw new LodgeError("desktop.not_ready", {
    reason: reasons[code] ?? `its home was not mounted (${code})`,
  });
}

/** @returns whether all that was written to it is on its disk; else its journal is replayed the next time. */
export async function unmountHome(
  agent: Pick<GuestAgent, "run">,
  user: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await agent.run(["true"], { timeout: answerLimit, signal });
    const argv = ["/usr/lib/lodge/home", "unmount", user];
    return (await agent.run(argv, { timeout: unmountLimit, signal })) === 0;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
