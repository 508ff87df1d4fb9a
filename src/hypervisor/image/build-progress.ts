/**
 * How far a build is, read from what mmdebstrap and apt say. The share of each phase is measured
 * (debian-13, 80 s); within the phases that name packages, progress counts them.
 */

export interface BuildProgress {
  /** 0 to 1; never goes back. */
  readonly fraction: number;
  readonly message: string;
}

interface Phase {
  /** The line that begins it. */
  readonly begins: RegExp;
  readonly message: string;
  readonly from: number;
  readonly to: number;
  /** A line that is one of about `count` such lines of this phase. */
  readonly step?: RegExp;
  readonly count?: "packages" | number;
}

const phases: readonly Phase[] = [
  {
    begins: /^I: running apt-get update/,
    message: "Reading the package lists",
    from: 0,
    to: 0.03,
    step: /^(Get|Hit|Ign):/,
    count: 6,
  },
  {
    begins: /^I: downloading packages/,
    message: "Downloading the base system",
    from: 0.03,
    to: 0.06,
    step: /^Get:/,
    count: "packages",
  },
  { begins: /^I: extracting archives/, message: "Unpacking the base system", from: 0.06, to: 0.17 },
  {
    begins: /^I: installing essential/,
    message: "Installing the base system",
    from: 0.17,
    to: 0.25,
    step: /^(Unpacking|Setting up) /,
    count: "packages",
  },
  {
    begins: /^I: installing remaining/,
    message: "Downloading packages",
    from: 0.25,
    to: 0.32,
    step: /^Get:/,
    count: "packages",
  },
  {
    begins: /^Fetched /,
    message: "Unpacking packages",
    from: 0.32,
    to: 0.52,
    step: /^Unpacking /,
    count: "packages",
  },
  {
    begins: /^Setting up /,
    message: "Setting up packages",
    from: 0.52,
    to: 0.75,
    step: /^Setting up /,
    count: "packages",
  },
  { begins: /customize\.sh/, message: "Making it a guest of Lodge", from: 0.75, to: 0.83 },
  { begins: /filesystem\.sh/, message: "Writing the disk", from: 0.83, to: 0.97 },
  { begins: /^I: removing tempdir/, message: "Cleaning up", from: 0.97, to: 1 },
];

/** A reader of the build's lines: gives the progress where a line changed it. */
export function buildProgress(): (line: string) => BuildProgress | undefined {
  let current = -1;
  let packages = 60;
  let steps = 0;
  let reached = 0;
  return (line) => {
    packages = Number(/ (\d+) newly installed/.exec(line)?.[1] ?? packages);
    const next = current + 1;
    // apt's lines begin phases only where they are due: there are other downloads before.
    const later = phases.findIndex(
      (phase, index) =>
        index >= next && (index === next || phase.begins.source.startsWith("^I:")) && phase.begins.test(line),
    );
    if (later >= 0) {
      current = later;
      steps = 0;
    } else if (phases[current]?.step?.test(line)) {
      steps++;
    } else {
      return undefined;
    }
    const phase = phases[current];
    if (!phase) return undefined;
    const count = phase.count === "packages" ? packages : (phase.count ?? 1);
    const fraction = phase.from + (phase.to - phase.from) * Math.min(1, steps / count);
    if (fraction < reached || (later < 0 && fraction === reached)) return undefined;
    reached = fraction;
    return { fraction, message: phase.message };
  };
}
