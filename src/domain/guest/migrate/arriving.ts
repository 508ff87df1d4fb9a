/** Its addressee finds it in a guest's record once the move is committed, until the guest goes on. */
export interface Arriving {
  readonly move: string;
  /** Do its processors run? One that its user had paused stays so. */
  readonly runs: boolean;
  /** It has a process, which stands still. */
  readonly live: boolean;
  /** Some of its disks are in storage that both hosts have, and stayed where they were. */
  readonly inPlace?: true;
}
