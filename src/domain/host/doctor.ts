/** `lodge doctor`: looks at the host as it is now and says what it can do, each lack with its fix. */
import type { Clock } from "#base/clock";
import { asLodgeError } from "#contract/errors";
import { reflinkSupported } from "#hypervisor/disk/space";
import type { CellFinding } from "#hypervisor/cell/host";
import { hostFacts } from "#hypervisor/host/facts";
import { networkCapabilities } from "#hypervisor/net/capabilities";
import type { Accelerator } from "#hypervisor/qemu/accel";
import { qemuFeatures } from "#hypervisor/qemu/features";
import type { Check } from "./check.ts";
import { examine, programs, type Findings } from "./checks.ts";

export interface DoctorOptions {
  readonly home: string;
  /** What this Lodge's bridges and tables are named by. */
  readonly tag: string;
  /** Where QEMU's features and the accelerator's proof are kept. */
  readonly featuresFile: string;
  readonly acceleratorFile: string;
  /** What the daemon uses now; finding it may take seconds and is not the doctor's. */
  readonly accelerator: () => Promise<Accelerator>;
  /** Whether the guests of this daemon run in cells. */
  readonly cells: CellFinding;
  readonly pools: () => Promise<Findings["pools"]>;
  /** How networks span this host and others; undefined: it stands alone. */
  readonly span?: (() => Promise<Findings["span"]>) | undefined;
  /** Its place in a cluster; undefined: it stands alone. */
  readonly cluster?: (() => Promise<Findings["cluster"]>) | undefined;
  readonly clock: Clock;
}

async function askQemu(cacheFile: string): Promise<Findings["qemu"]> {
  try {
    return await qemuFeatures({ cacheFile });
  } catch (error) {
    const { message, hint } = asLodgeError(error);
    return { problem: message, fix: hint };
  }
}

/** Takes some 100 ms, changes nothing that stays. */
export async function doctor(options: DoctorOptions): Promise<Check[]> {
  const [facts, reflink, network, qemu, accelerator, pools, span, cluster] = await Promise.all([
    hostFacts(
      options.home,
      programs.map((one) => one.program),
    ),
    reflinkSupported(options.home),
    networkCapabilities(options.tag),
    askQemu(options.featuresFile),
    options.accelerator().catch(() => undefined),
    options.pools(),
    options.span?.(),
    options.cluster?.(),
  ]);
  const { acceleratorFile, cells, clock } = options;
  const now = clock.now();
  const found = { facts, reflink, network, qemu, accelerator, pools, span, cluster };
  return examine({ ...found, acceleratorFile, cells, now });
}
