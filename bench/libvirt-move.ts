/**
 * The other peer of moves: the same image, booted by libvirt, that `virsh migrate --live` takes to and fro between two
 * libvirtd of this machine, over loopback TCP without TLS, on a disk that both have.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentClient } from "#hypervisor/agent/client";
import { beat, listen } from "./heartbeat.ts";
import { LibvirtHost } from "./libvirt-host.ts";
import type { Lodge } from "./lodge.ts";
import { detached, quiet, type Hop } from "./raw-move.ts";
import { makeDisk, type Pattern } from "./raw-qemu.ts";
import { rest, timed } from "./row.ts";

const name = "mover";

const running = new Set<LibvirtTraveller>();

/** Ends what an interrupted row has left. */
export const removeLibvirt = async (): Promise<void> => {
  await Promise.all([...running].map((traveller) => traveller.remove()));
};

export class LibvirtTraveller {
  readonly #folder: string;
  readonly #serialLog: string;
  readonly #hosts: readonly [LibvirtHost, LibvirtHost];
  #at: 0 | 1 = 0;

  private constructor(lodge: Lodge) {
    const { home } = lodge.paths;
    this.#folder = join(home, "libvirt");
    this.#serialLog = join(this.#folder, "serial.log");
    mkdirSync(this.#folder, { mode: 0o700 });
    this.#hosts = [LibvirtHost.start(home, this.#folder, "a"), LibvirtHost.start(home, this.#folder, "b")];
    running.add(this);
  }

  /** Booted and running, with a heartbeat. Whoever gets none has nothing to remove. */
  static async start(lodge: Lodge, pattern: Pattern): Promise<LibvirtTraveller> {
    const traveller = new LibvirtTraveller(lodge);
    try {
      await traveller.#boot(pattern);
      return traveller;
    } catch (error) {
      await traveller.remove();
      throw error;
    }
  }

  async #boot(pattern: Pattern): Promise<void> {
    const own = { disk: join(this.#folder, "disk.qcow2"), agent: join(this.#folder, "agent") };
    await makeDisk(own.disk, pattern, {});
    await Promise.all(this.#hosts.map((host) => host.ready()));
    const xml = join(this.#folder, "domain.xml");
    writeFileSync(xml, domainLike(pattern, { ...own, serialLog: this.#serialLog }));
    await this.#hosts[0].virsh("define", xml);
    await this.#hosts[0].virsh("start", name);
    const agent = new AgentClient({ path: own.agent, guest: name });
    try {
      await agent.hello({ timeout: 300_000 });
      const { exit } = await agent.runToEnd([...detached(beat)]);
      if (!("code" in exit) || exit.code !== 0) throw new TypeError("libvirt's guest has no heartbeat");
    } finally {
      agent.close();
    }
  }

  /** To the other libvirtd. */
  async hop(): Promise<Hop> {
    const from = this.#hosts[this.#at];
    this.#at = this.#at === 0 ? 1 : 0;
    const to = this.#hosts[this.#at];
    const calm = await quiet(this.#serialLog);
    const stop = listen(this.#serialLog);
    // It does not know that a folder of one machine is the same for both.
    const flags = ["--live", "--unsafe", "--persistent", "--undefinesource"];
    const words = ["migrate", ...flags, name, to.uri, "--migrateuri", "tcp://127.0.0.1"];
    const total = await timed(() => from.virsh(...words));
    await rest(500);
    const { longest: silence, late } = stop();
    const job = await to.virsh("domjobinfo", name, "--completed", "--rawstats");
    const sent = Number(/^memory_processed: (\d+)$/m.exec(job)?.[1] ?? Number.NaN) / 2 ** 20;
    return { total, silence, calm, late, sent };
  }

  async remove(): Promise<void> {
    running.delete(this);
    await Promise.all(this.#hosts.map((host) => host.end()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&apos;");

/** The pattern's shape, as an administrator would write it down. Both QEMUs append to one console. Pure. */
function domainLike(
  { binary, args, guest }: Pattern,
  own: { readonly disk: string; readonly agent: string; readonly serialLog: string },
): string {
  const after = (flag: string) => escaped(args[args.indexOf(flag) + 1] ?? "");
  const [machine] = after("-machine").split(",");
  const type = after("-accel").startsWith("kvm") ? "kvm" : "qemu";
  return `<domain type='${type}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>${name}</name>
  <memory unit='b'>${guest.memory}</memory>
  <vcpu>${guest.cpus}</vcpu>
  <os><type arch='x86_64' machine='${machine}'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  <devices>
    <emulator>${escaped(binary)}</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='${escaped(own.disk)}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'><model type='virtio'/></interface>
    <serial type='file'><source path='${escaped(own.serialLog)}' append='on'/></serial>
    <channel type='unix'>
      <source mode='bind' path='${escaped(own.agent)}'/>
      <target type='virtio' name='org.lodge.agent.0'/>
    </channel>
    <video><model type='vga'/></video>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
  <qemu:commandline><qemu:arg value='-cpu'/><qemu:arg value='${after("-cpu")}'/></qemu:commandline>
</domain>
`;
}
