/** An etcd of real members for tests: processes of this computer, each with an address of its own on loopback. */
import { randomInt, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDetached } from "#base/detached";
import { endProcess, isAlive, type ProcessRef, signalProcess, waitGone } from "#base/process";
import { etcdArgs } from "#hypervisor/etcd/argv";
import { clientUrl, type EtcdFiles, type EtcdPlan, peerUrl } from "#hypervisor/etcd/plan";
import { startEtcd, waitForEtcd } from "#hypervisor/etcd/server";
import { restoreEtcd } from "#hypervisor/etcd/snapshot";

export interface TestMembersOptions {
  /** Where they are; default: on loopback. */
  readonly addresses?: readonly string[];
  /** Network namespaces that they are in; default: this test's own. */
  readonly namespaces?: readonly string[];
  /** Bytes that each may have. */
  readonly quota?: number;
  /** What they begin with. */
  readonly snapshot?: string;
  /** Makes the certificates of one, in a folder of its own. */
  readonly files?: (folder: string, address: string) => Promise<EtcdFiles>;
}

export class TestMembers {
  readonly folder: string;
  readonly plans: readonly EtcdPlan[];
  readonly #namespaces: readonly string[];
  readonly #processes = new Map<string, ProcessRef>();

  private constructor(folder: string, plans: readonly EtcdPlan[], namespaces: readonly string[] = []) {
    this.folder = folder;
    this.plans = plans;
    this.#namespaces = namespaces;
  }

  /** Thinks of so many, none of which runs yet. */
  static async prepare(
    count: number,
    { addresses = loopback(count), files, namespaces, quota }: TestMembersOptions = {},
  ) {
    const folder = await mkdtemp(join(tmpdir(), "lodge-etcd-"));
    const tls: EtcdFiles[] = [];
    for (let n = 0; files && n < count; n++)
      tls.push(await files(join(folder, `h${n + 1}-files`), addresses[n]!));
    const plans = plansOf(folder, addresses, tls).map((plan) => ({ ...plan, ...(quota ? { quota } : {}) }));
    return new TestMembers(folder, plans, namespaces);
  }

  /** Starts so many, and waits until they answer. */
  static async start(count: number, options: TestMembersOptions = {}) {
    const members = await TestMembers.prepare(count, options);
    const { snapshot } = options;
    if (snapshot !== undefined) for (const plan of members.plans) await restoreEtcd(plan, snapshot);
    await members.startAll();
    return members;
  }

  get endpoints(): string[] {
    return this.plans.map((plan) => clientUrl(plan));
  }

  async startAll(): Promise<void> {
    for (const plan of this.plans) await this.begin(plan);
    for (const plan of this.plans) await this.answers(plan);
  }

  async begin(plan: EtcdPlan): Promise<ProcessRef> {
    const process = await this.#start(plan);
    this.#processes.set(plan.name, process);
    return process;
  }

  async #start(plan: EtcdPlan): Promise<ProcessRef> {
    const namespace = this.#namespaces[this.plans.findIndex(({ name }) => name === plan.name)];
    if (namespace === undefined) return startEtcd(plan);
    const args = ["netns", "exec", namespace, "etcd", ...etcdArgs(plan)];
    return (await startDetached("ip", args, { log: plan.log, cwd: this.folder })).process;
  }

  answers(plan: EtcdPlan): Promise<void> {
    return waitForEtcd(plan, this.processOf(plan));
  }

  processOf(plan: EtcdPlan): ProcessRef {
    return this.#processes.get(plan.name)!;
  }

  async kill(plan: EtcdPlan): Promise<void> {
    signalProcess(this.processOf(plan), "SIGKILL");
    await waitGone(this.processOf(plan), 5000);
  }

  pause(plan: EtcdPlan): void {
    signalProcess(this.processOf(plan), "SIGSTOP");
  }

  wake(plan: EtcdPlan): void {
    signalProcess(this.processOf(plan), "SIGCONT");
  }

  /** Ends all of them and deletes what they kept. */
  async end(): Promise<void> {
    for (const process of this.#processes.values()) {
      if (!isAlive(process)) continue;
      signalProcess(process, "SIGCONT");
      await endProcess(process, 0);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** An etcd's usual ports are free on an address of loopback that nobody else thought of. */
function loopback(count: number): string[] {
  const net = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  return Array.from({ length: count }, (_, i) => `${net}.${i + 1}`);
}

function plansOf(folder: string, addresses: readonly string[], tls: readonly EtcdFiles[]): EtcdPlan[] {
  const token = randomUUID();
  const plans = addresses.map((address, n) => ({
    name: `h${n + 1}`,
    folder: join(folder, `h${n + 1}`),
    log: join(folder, `h${n + 1}.log`),
    address,
    peerPort: 2380,
    clientPort: 2379,
    token,
    state: "new" as const,
    members: [],
    ...(tls[n] ? { tls: tls[n] } : {}),
  }));
  const members = plans.map((plan) => ({ name: plan.name, url: peerUrl(plan) }));
  return plans.map((plan) => ({ ...plan, members }));
}
