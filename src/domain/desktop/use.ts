/** What of a guest's viewers matters to its desktop: who they are, and when one of them last pressed a key or a button. */
import type { LodgeError } from "#contract/errors";

/** Times are milliseconds since the Unix epoch. */
export interface Watching {
  readonly id: string;
  /** His name. */
  readonly user: string;
  readonly desktop?: string;
  readonly shadow: boolean;
  readonly control: boolean;
  readonly address?: string;
  readonly since: number;
  readonly lastInput?: number;
  readonly roundTrip?: number;
  readonly framesPerSecond?: number;
}

export interface DesktopUse {
  of(guest: string): readonly Watching[];
  /** Of its user alone. */
  lastInput(guest: string): number | undefined;
  /** Told when somebody came or went; the function that is returned ends that. */
  onChange(listener: (guest: string) => void): () => void;
  /** Disconnects those of a guest's viewers, who are told why. */
  end(guest: string, which: (watching: Watching) => boolean, why: LodgeError): void;
}
