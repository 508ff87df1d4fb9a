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
    protected readonly _canvas: HTMLCanvasElement;
    protected readonly _display: { readonly scale: number; flush(): Promise<void> };
    protected readonly _sock: {
      sQpush8(value: number): void;
      sQpush16(value: number): void;
      sQpush32(value: number): void;
      flush(): void;
    };
    protected readonly _resizeSession: boolean;
    protected readonly _supportsSetDesktopSize: boolean;
    protected _disconnect(): void;
    protected _handleRect(): boolean;
    protected _framebufferUpdate(): boolean;
    protected _screenSize(): { w: number; h: number };
    protected _requestRemoteResize(): void;
    protected _resize(width: number, height: number): void;
    protected _handleMouseMove(x: number, y: number): void;
    protected _handleMouseButton(x: number, y: number, mask: number): void;
    addEventListener<K extends keyof RfbEvents>(type: K, listener: (event: RfbEvents[K]) => void): void;
  }
}
