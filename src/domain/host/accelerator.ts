/** The accelerator that this daemon's guests get: found once, by one probe, and then remembered. */
import type { Clock } from "#base/clock";
import { findAccelerator, type Accelerator, type AcceleratorOptions } from "#hypervisor/qemu/accel";

export interface AcceleratorSource {
  readonly qemu: () => Promise<AcceleratorOptions["qemu"]>;
  readonly cacheFile: string;
  /** Kernels of the images there are now, newest first. */
  readonly kernels: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly find?: typeof findAccelerator;
}

/**
 * A function that answers with the accelerator. Its first call may take as long as a kernel's boot; calls that
 * come meanwhile wait for the same one. As long as there was no kernel to prove KVM with, it looks again.
 */
export function acceleratorOf(source: AcceleratorSource): () => Promise<Accelerator> {
  const find = source.find ?? findAccelerator;
  let found: Promise<Accelerator> | undefined;
  const look = async (): Promise<Accelerator> => {
    const { cacheFile, clock, signal } = source;
    const [qemu, kernels] = await Promise.all([source.qemu(), source.kernels()]);
    return find({ qemu, kernels, cacheFile, clock, ...(signal && { signal }) });
  };
  return () => {
    found ??= look().then(
      (accelerator) => {
        if (accelerator.finding === "unproved") found = undefined;
        return accelerator;
      },
      (error: unknown) => {
        found = undefined;
        throw error;
      },
    );
    return found;
  };
}
