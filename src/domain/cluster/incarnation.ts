/**
 * incarnations/HOST: what each change of a host's hangs on (durable/store/host-store.ts). It is there as long as the host
 * is a member, and written anew by whoever takes its guests over: a daemon that opened the store before changes nothing
 * from then on, and one that opens it afterwards has what was left to it.
 */
export const incarnationPrefix = "incarnations/";
export const incarnationKey = (host: string): string => incarnationPrefix + host;

export interface Incarnation {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Why it was written. */
  readonly because: "joined" | "taken over";
}
