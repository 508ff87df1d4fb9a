/** What a stream needs of where it goes: a WebSocket, or a connection that takes server-sent events. */
export interface Outlet {
  /** Aborted when the reader has gone and when the daemon stops. */
  readonly gone: AbortSignal;
  /** Sends frames; resolves once so few of them are left unsent that more may come. */
  sendTexts(frames: readonly OutletFrame[]): Promise<void>;
  /** The end. */
  finish(frame: { readonly type: "end" }): Promise<void>;
}

export interface OutletFrame {
  /** Where its reader has got to. */
  readonly at: string;
  readonly json: string;
}
