/**
 * A cell as bubblewrap's arguments. Pure. What a program in a cell finds is an empty root with what is named here,
 * processes, IPC, host name and cgroups of its own, and no capability but those that are named.
 *
 * bubblewrap makes folders on the way to a place for its own user alone, so each is named before it is needed.
 */

/** A place of the host that is seen in the cell, where it is on the host unless `at` says otherwise. */
export interface Bind {
  readonly from: string;
  readonly at?: string;
  readonly how: "read" | "write" | "device";
  /** Passed over where the host has it not. */
  readonly optional?: boolean;
}

export interface CellPlan {
  /** In this order: what lies below another place comes after it. */
  readonly binds: readonly Bind[];
  /** Files of the cell's own, with what an inherited descriptor has. */
  readonly data?: readonly { readonly descriptor: number; readonly at: string }[];
  /** Symbolic links by their place. */
  readonly links: Readonly<Record<string, string>>;
  /** A network namespace with nothing in it but a loopback, or the host's. */
  readonly network: "none" | "host";
  /** It is root in a namespace of users: one of its own, or the one behind this descriptor. */
  readonly asRoot?: "own" | number;
  /** Is the user who starts it root? Otherwise a user namespace gives what that takes. */
  readonly privileged: boolean;
  /** Kept until the program gives them up itself; of no use without privilege. */
  readonly capabilities: readonly string[];
  /** Does it see processes: itself, as /proc? */
  readonly proc: boolean;
  /** Is it killed when whoever started it ends? */
  readonly endsWithParent?: boolean;
  /** Descriptors that bubblewrap inherits for itself. */
  readonly descriptors: {
    /** A program for seccomp, as its kernel takes it. */
    readonly seccomp?: number;
    /** Gets a line of JSON with the program's process id. */
    readonly info?: number;
    /** The program begins once there is something to read. */
    readonly block?: number;
  };
  readonly command: readonly string[];
}

/** What is below no other bind and has to be made, the outermost first. */
function folders({ binds, links }: Pick<CellPlan, "binds" | "links">): string[] {
  const places = binds.map(({ from, at = from }) => at);
  const found = new Set<string>();
  for (const place of [...places, ...Object.keys(links)]) {
    const parts = place.split("/").slice(1, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      const folder = `/${parts.slice(0, depth).join("/")}`;
      if (places.some((bind) => bind === folder || folder.startsWith(`${bind}/`))) break;
      if (!(folder in links)) found.add(folder);
    }
  }
  return [...found];
}

const verbs = { read: "--ro-bind", write: "--bind", device: "--dev-bind" } as const;

const bind = ({ from, at = from, how, optional }: Bind): string[] => [
  verbs[how] + (optional ? "-try" : ""),
  from,
  at,
];

/**
 * Who makes a cell in a namespace of users that was made before: bubblewrap becomes nobody there whose number it has
 * already, and root's it has. The program becomes root itself.
 */
export const cellMaker = 65_533;

function users({ asRoot, privileged }: CellPlan): string[] {
  if (asRoot === undefined) return privileged ? [] : ["--unshare-user"];
  if (asRoot === "own") return ["--unshare-user", "--uid", "0", "--gid", "0"];
  return ["--userns", String(asRoot), "--uid", String(cellMaker), "--gid", String(cellMaker)];
}

/** Everything after the name of bubblewrap itself. */
export function bubblewrapArgs(plan: CellPlan): string[] {
  const { seccomp, info, block } = plan.descriptors;
  const descriptor = (option: string, fd: number | undefined) =>
    fd === undefined ? [] : [option, String(fd)];
  return [
    ...users(plan),
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    ...(plan.network === "none" ? ["--unshare-net"] : []),
    "--as-pid-1",
    "--new-session",
    ...(plan.endsWithParent ? ["--die-with-parent"] : []),
    "--hostname",
    "cell",
    "--cap-drop",
    "ALL",
    ...plan.capabilities.flatMap((name) => ["--cap-add", name]),
    ...folders(plan).flatMap((folder) => ["--dir", folder]),
    ...plan.binds.flatMap(bind),
    ...(plan.data ?? []).flatMap(({ descriptor: fd, at }) => ["--ro-bind-data", String(fd), at]),
    ...Object.entries(plan.links).flatMap(([at, to]) => ["--symlink", to, at]),
    ...(plan.proc ? ["--proc", "/proc"] : []),
    "--remount-ro",
    "/",
    "--chdir",
    "/",
    ...descriptor("--seccomp", seccomp),
    ...descriptor("--info-fd", info),
    ...descriptor("--block-fd", block),
    "--",
    ...plan.command,
  ];
}
