/** A further monitor, in a window of its own: its part of the picture, and what is done there. */
import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import { createPortal } from "react-dom";
import type { DisplayLine } from "../../console/display-line.ts";
import { useText } from "../../text/use-text.tsx";
import { placeIn, type Part } from "./monitors.ts";
import style from "./monitor.module.css";

interface MonitorProps {
  readonly window: Window;
  readonly title: string;
  /** Undefined: the desktop's screen is not, or not yet, arranged so. */
  readonly part: Part | undefined;
  readonly faded: boolean;
  readonly line: RefObject<DisplayLine | undefined>;
  /** Calls a function with each picture; returns how to end that. */
  onPicture(listener: () => void): () => void;
  /** What lies over the picture. */
  readonly children: ReactNode;
}

export function Monitor(props: MonitorProps) {
  const { window, title, part, faded } = props;
  const t = useText().desktops;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => furnish(window.document, title), [window, title]);
  usePicture(canvas, props);
  useHands(canvas, props);
  return createPortal(
    <div className={style["monitor"]} data-faded={faded || undefined}>
      {part ? (
        <canvas
          ref={canvas}
          width={part.w}
          height={part.h}
          tabIndex={0}
          role="application"
          aria-label={title}
        />
      ) : (
        <p className={style["calm"]}>{t.monitorWaits}</p>
      )}
      {props.children}
    </div>,
    window.document.body,
  );
}

/** Looks are what the page's own are. */
function furnish(document: Document, title: string): void {
  document.title = title;
  if (document.head.childElementCount > 1) return;
  for (const sheet of globalThis.document.head.querySelectorAll("link[rel=stylesheet], style"))
    document.head.append(sheet.cloneNode(true));
}

function usePicture(
  canvas: RefObject<HTMLCanvasElement | null>,
  { window, part, line, onPicture }: MonitorProps,
) {
  useEffect(() => {
    if (!part) return undefined;
    let asked: number | undefined;
    const draw = () => {
      asked = undefined;
      const from = line.current?.viewer()?.canvas;
      const { x, w, h } = part;
      if (from) canvas.current?.getContext("2d")?.drawImage(from, x, 0, w, h, 0, 0, w, h);
    };
    // A frame of that window's: this page's stand still while nobody sees it.
    const ask = () => void (asked ??= window.requestAnimationFrame(draw));
    ask();
    const deaf = onPicture(ask);
    return () => {
      deaf();
      if (asked !== undefined) window.cancelAnimationFrame(asked);
    };
  }, [canvas, window, part, line, onPicture]);
}

const pointing = ["mousedown", "mouseup", "mousemove"] as const;

/** The pointer and the keys. The picture's own window is held by nobody: what is pressed here and let go outside is heard here. */
function useHands(canvas: RefObject<HTMLCanvasElement | null>, { window, part, line }: MonitorProps) {
  useEffect(() => {
    const element = canvas.current;
    if (!part || !element) return undefined;
    const over = new AbortController();
    const { signal } = over;
    const place = ({ clientX, clientY }: MouseEvent) => {
      const { left, top, width: w, height: h } = element.getBoundingClientRect();
      return placeIn(part, { x: clientX - left, y: clientY - top }, { w, h });
    };
    const point = (event: MouseEvent) => {
      event.preventDefault();
      const viewer = line.current?.viewer();
      if (!viewer) return;
      element.focus();
      element.style.cursor = viewer.canvas.style.cursor;
      viewer.point(event, place(event));
    };
    for (const type of pointing) window.addEventListener(type, point, { signal });
    window.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      line.current?.viewer()?.wheel(event, place(event));
    };
    window.addEventListener("wheel", wheel, { signal, passive: false });
    const key = (event: KeyboardEvent | FocusEvent) => {
      if (line.current?.viewer()?.key(event)) event.preventDefault();
    };
    for (const type of ["keydown", "keyup", "blur"] as const) window.addEventListener(type, key, { signal });
    return () => over.abort();
  }, [canvas, window, part, line]);
}
