/** What is used of noVNC 1.7 (docs/API.md of the package). */
declare module "@novnc/novnc" {
  export interface RfbOptions {
    readonly shared?: boolean;
  }

  interface RfbEvents {
    connect: CustomEvent<Record<never, never>>;
    disconnect: CustomEvent<{ readonly clean: boolean }>;
    securityfailure: CustomEvent<{ readonly status: number; readonly reason?: string }>;
    clipboard: CustomEvent<{ readonly text: string }>;
  }

  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: WebSocket, options?: RfbOptions);
    viewOnly: boolean;
    focusOnClick: boolean;
    scaleViewport: boolean;
    resizeSession: boolean;
    showDotCursor: boolean;
    background: string;
    qualityLevel: number;
    compressionLevel: number;
    disconnect(): void;
    focus(): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    sendCtrlAltDel(): void;
    clipboardPasteFrom(text: string): void;
    /** What is not in its documentation: viewer.ts. */
    protected readonly _FBU: {
      readonly encoding: number | null;
      readonly width: number;
      readonly height: number;
    };
    protected readonly _fbWidth: number;
    protected readonly _fbHeight: number;
    protected readonly _target: HTMLElement;
    protected readonly _screen: HTMLElement;
    protected readonly _display: { flush(): Promise<void> };
    protected _disconnect(): void;
    protected _handleRect(): boolean;
    protected _framebufferUpdate(): boolean;
    protected _screenSize(): { w: number; h: number };
    protected _requestRemoteResize(): void;
    addEventListener<K extends keyof RfbEvents>(type: K, listener: (event: RfbEvents[K]) => void): void;
  }
}
