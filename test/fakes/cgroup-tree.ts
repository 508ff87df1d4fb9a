/** A tree of control groups of version 2 in memory, with the kernel's rules as far as Lodge comes upon them. */
import type { GroupFiles } from "#hypervisor/cpu/group-files";

/** What each controller puts into a group, and what is in it at first. */
const filesOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cpu: { "cpu.weight": "100\n", "cpu.max": "max 100000\n" },
  cpuset: { "cpuset.cpus": "\n", "cpuset.mems": "\n" },
  memory: {
    "memory.max": "max\n",
    "memory.current": "4096\n",
    "memory.swap.max": "max\n",
    "memory.swap.current": "0\n",
  },
  pids: { "pids.max": "max\n" },
};

const failure = (code: string, path: string) => Object.assign(new Error(`${code}: ${path}`), { code });

interface Group {
  readonly files: Map<string, string>;
  readonly controllers: readonly string[];
  readonly enabled: Set<string>;
  readonly pids: Set<number>;
}

/** `root` is one group of a larger tree, as a delegated one is; this process is in it. */
export class CgroupTree implements GroupFiles {
  readonly #groups = new Map<string, Group>();
  readonly #self: number;
  readonly #ended = new Set<number>();

  constructor(root: string, controllers: readonly string[], pids: readonly number[], self = process.pid) {
    this.#self = self;
    this.#groups.set(root, this.#group(controllers, pids));
  }

  read(path: string): string {
    const { group, name } = this.#at(path);
    if (name === "cgroup.procs") return [...group.pids].map((pid) => `${pid}\n`).join("");
    if (name === "cgroup.controllers") return `${group.controllers.join(" ")}\n`;
    const text = group.files.get(name);
    if (text === undefined) throw failure("ENOENT", path);
    return text;
  }

  write(path: string, text: string): void {
    const { group, name, folder } = this.#at(path);
    if (name === "cgroup.procs") return this.#move(group, Number(text) || this.#self);
    if (name === "cgroup.subtree_control") return this.#enable(group, folder, text.slice(1));
    if (!group.files.has(name)) throw failure("ENOENT", path);
    if (name === "cpu.weight" && !(Number(text) >= 1 && Number(text) <= 10_000))
      throw failure("ERANGE", path);
    group.files.set(name, `${text.trim()}\n`);
  }

  async writeSoon(path: string, text: string): Promise<void> {
    this.write(path, text);
  }

  make(path: string): void {
    if (this.#groups.has(path)) return;
    const above = this.#groups.get(path.slice(0, path.lastIndexOf("/")));
    if (!above) throw failure("ENOENT", path);
    this.#groups.set(path, this.#group([...above.enabled], []));
  }

  remove(path: string): void {
    const group = this.#groups.get(path);
    if (!group) throw failure("ENOENT", path);
    if (group.pids.size > 0 || this.list(path).length > 0) throw failure("EBUSY", path);
    this.#groups.delete(path);
  }

  list(path: string): string[] {
    const names = [...this.#groups.keys()].filter((each) => each.startsWith(`${path}/`));
    return names.map((each) => each.slice(path.length + 1)).filter((name) => !name.includes("/"));
  }

  /** A process has ended. */
  end(pid: number): void {
    this.#leave(pid);
    this.#ended.add(pid);
  }

  #leave(pid: number): void {
    for (const { pids } of this.#groups.values()) pids.delete(pid);
  }

  #group(controllers: readonly string[], pids: readonly number[]): Group {
    const own = controllers.flatMap((name) => Object.entries(filesOf[name] ?? {}));
    const stat = "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\nthrottled_usec 250000\n";
    return {
      files: new Map([...own, ["cpu.stat", stat]]),
      controllers,
      enabled: new Set(),
      pids: new Set(pids),
    };
  }

  #at(path: string) {
    const cut = path.lastIndexOf("/");
    const folder = path.slice(0, cut);
    const group = this.#groups.get(folder);
    if (!group) throw failure("ENOENT", path);
    return { group, folder, name: path.slice(cut + 1) };
  }

  #move(to: Group, pid: number): void {
    if (this.#ended.has(pid)) throw failure("ESRCH", String(pid));
    if (to.enabled.size > 0) throw failure("EBUSY", "no processes beside groups");
    this.#leave(pid);
    to.pids.add(pid);
  }

  #enable(group: Group, folder: string, controller: string): void {
    if (!group.controllers.includes(controller)) throw failure("ENOENT", folder);
    if (group.pids.size > 0) throw failure("EBUSY", folder);
    group.enabled.add(controller);
  }
}
