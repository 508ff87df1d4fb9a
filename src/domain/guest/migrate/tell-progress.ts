/** A move's progress in words. Pure. */
import type { StepProgress } from "#durable/operation/define";
import type { SendProgress } from "#hypervisor/qemu/migrate/send";

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

const seconds = (count: number): string => (count < 10 ? count.toFixed(1) : String(Math.round(count)));

export function tellProgress(now: SendProgress): StepProgress {
  if (now.what === "disks")
    return {
      fraction: 0.2 + 0.4 * now.fraction,
      message: `copying disks: ${Math.floor(100 * now.fraction)} %`,
    };
  const { sending, outlook } = now;
  const fraction = 0.6 + 0.35 * (1 - sending.remaining / sending.total);
  const left = `sending memory: ${mebibytes(sending.remaining)} left`;
  const rate = sending.rate > 0 ? `, ${mebibytes(sending.rate)}/s` : "";
  const slowed = sending.throttle > 0 ? `, slowed down by ${sending.throttle} %` : "";
  return { fraction, message: `${left}${rate}${slowed}${ending()}` };

  function ending(): string {
    switch (outlook.kind) {
      case "unknown":
        return "";
      case "ends":
        return `, about ${seconds(outlook.seconds)} s more`;
      case "stands-still":
        return (
          `, about ${seconds(outlook.seconds)} s more; without KVM it stands still after that for what it wrote ` +
          `meanwhile, for up to ${seconds(outlook.most / 1000)} s`
        );
      case "does-not-converge":
        return (
          `; it writes ${mebibytes(sending.dirtyRate)}/s, which does not converge at this rate: ` +
          `it would have to stand still for ${outlook.downtime} ms`
        );
    }
  }
}
