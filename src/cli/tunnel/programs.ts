/** Programs of this computer that show a display or a desktop, and how each is told where it is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { LodgeError } from "#contract/errors";
import { findProgram } from "#base/child";
import { searchPath } from "#base/exec";

export type Scheme = "vnc" | "rdp";

interface Program {
  readonly name: string;
  readonly args: (port: number) => readonly string[];
  /** Does it end when its window is closed? Others hand the address on to a program that is there already. */
  readonly stays: boolean;
}

/** In the order in which they are looked for. */
const programs: Readonly<Record<Scheme, readonly Program[]>> = {
  vnc: [
    { name: "remote-viewer", args: (port) => [`vnc://127.0.0.1:${port}`], stays: true },
    { name: "vncviewer", args: (port) => [`127.0.0.1::${port}`], stays: true },
    { name: "xdg-open", args: (port) => [`vnc://127.0.0.1:${port}`], stays: false },
    { name: "open", args: (port) => [`vnc://127.0.0.1:${port}`], stays: false },
  ],
  rdp: [
    { name: "xfreerdp3", args: (port) => [`/v:127.0.0.1:${port}`], stays: true },
    { name: "xfreerdp", args: (port) => [`/v:127.0.0.1:${port}`], stays: true },
    { name: "remmina", args: (port) => ["-c", `rdp://127.0.0.1:${port}`], stays: false },
    { name: "xdg-open", args: (port) => [`rdp://127.0.0.1:${port}`], stays: false },
    { name: "open", args: (port) => [`rdp://full%20address=s:127.0.0.1:${port}`], stays: false },
  ],
};

/**
 * Starts the first that is there, and resolves with when its window is closed, or with nothing where that is not told.
 * @throws LodgeError tunnel.no_program
 */
export function openProgram(scheme: Scheme, port: number): Promise<void> | undefined {
  for (const { name, args, stays } of programs[scheme]) {
    const file = findProgram(name, searchPath());
    if (file === undefined) continue;
    const child = spawn(file, args(port), { stdio: ["ignore", "ignore", "inherit"] });
    const ended = once(child, "exit").then(() => undefined);
    if (stays) return ended;
    ended.catch(() => undefined);
    return undefined;
  }
  const names = programs[scheme].map(({ name }) => name).join(", ");
  throw new LodgeError("tunnel.no_program", { scheme, programs: names });
}
