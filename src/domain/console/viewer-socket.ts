/** A viewer's connection as the gateway sees it: messages of bytes both ways, and an end. */

/** WebSocket close codes (RFC 6455, 7.4.1) and what they mean here. */
export const closeCode = {
  /** There is nothing to see any more. */
  over: 1000,
  /** The daemon stops. */
  stopping: 1001,
  /** The viewer may not, or broke the rules. */
  refused: 1008,
  /** Lodge or QEMU failed. */
  failed: 1011,
} as const;

export type CloseCode = (typeof closeCode)[keyof typeof closeCode];

export interface ViewerSocket {
  /** Bytes that were sent and that the network has not taken yet. */
  readonly buffered: number;
  /** Aborted when the viewer has gone, and when the daemon stops. */
  readonly gone: AbortSignal;
  /** Resolves once the network has taken it; never rejects: an end is told by `gone`. */
  send(bytes: Buffer): Promise<void>;
  /** From now on hands over what comes. */
  onBytes(listener: (bytes: Buffer) => void): void;
  /** Asks the other end whether it is there, and calls back once it says so. */
  ping(answered: () => void): void;
  /** The reason is an error's code. */
  close(code: CloseCode, reason: string): void;
}
