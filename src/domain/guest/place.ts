/** Where a guest's things lie on its host. */
import { dirname, join } from "node:path";
import type { SocketsPlan } from "#hypervisor/qemu/plan";

/** The parts of the home that guests need. */
export interface Places {
  readonly guests: string;
  readonly layers: string;
  readonly images: string;
  readonly templates: string;
  readonly run: string;
}

export interface GuestPlace extends SocketsPlan {
  /** Its folder: logs, seed, suspended state, the TPM's state, snapshots' memory. */
  readonly folder: string;
  /** Its folder of sockets. */
  readonly run: string;
  readonly qemuLog: string;
  readonly serialLog: string;
  readonly seed: string;
  /** Socket that outgoing state passes through. */
  readonly outgoing: string;
  /** Sockets of a move: to which its disks go on their way out, and from which both come in. */
  readonly outgoingDisks: string;
  /** The socket that a replica's writes go to. */
  readonly replica: string;
  readonly incoming: string;
  readonly incomingDisks: string;
  readonly suspended: string;
  /** Folder of what its snapshots have beside their layers: memory, the TPM's state. */
  readonly snapshots: string;
  /** Folder of its TPM's state, where it has a TPM. */
  readonly tpm: string;
}

/** The home that they are parts of. */
export const homeOf = ({ layers }: Pick<Places, "layers">): string => dirname(layers);

/** What an argument of the guest's QEMU contains, and of no other's: where its sockets are. */
export const markOf = (places: Pick<Places, "run">, id: string): string => `path=${join(places.run, id)}/`;

/** Names of sockets are short: a socket's path must stay below 108 bytes. */
export function guestPlace(places: Pick<Places, "guests" | "run">, id: string): GuestPlace {
  const folder = join(places.guests, id);
  const run = join(places.run, id);
  return {
    folder,
    run,
    qemuLog: join(folder, "qemu.log"),
    serialLog: join(folder, "serial.log"),
    seed: join(folder, "seed.iso"),
    suspended: join(folder, "suspended.state"),
    snapshots: join(folder, "snapshots"),
    tpm: join(folder, "tpm"),
    qmp: join(run, "qmp"),
    agent: join(run, "agent"),
    guestAgent: join(run, "qga"),
    spice: join(run, "spice"),
    serial: join(run, "serial"),
    display: join(run, "display"),
    outgoing: join(run, "out"),
    outgoingDisks: join(run, "outd"),
    replica: join(run, "rep"),
    incoming: join(run, "in"),
    incomingDisks: join(run, "ind"),
  };
}
