/** Where the picture is: as large as the window, or larger where two fingers spread it. */
import { useEffect, useRef, useState } from "react";
import type { FileDrop } from "../../console/file-drop.ts";
import { useText } from "../../text/use-text.tsx";
import { wholeOf } from "./monitors.ts";
import type { Desktop } from "./use-desktop.ts";
import { whole, zoomed, type Zoom } from "./zoom.ts";
import style from "./show.module.css";

/** What noVNC's gestures tell (its GestureHandler). */
interface Gesture {
  readonly type: string;
  readonly clientX: number;
  readonly clientY: number;
  readonly magnitudeX: number;
  readonly magnitudeY: number;
}
type Pinch = { readonly x: number; readonly y: number; readonly spread: number };

const pinchOf = ({ clientX, clientY, magnitudeX, magnitudeY }: Gesture): Pinch => ({
  x: clientX,
  y: clientY,
  spread: Math.hypot(magnitudeX, magnitudeY),
});

interface StageProps {
  readonly desktop: Desktop;
  readonly drop: FileDrop;
  /** What is shown is what was. */
  readonly faded: boolean;
}

export function Stage({ desktop, drop, faded }: StageProps) {
  const t = useText().desktops;
  const window = useRef<HTMLDivElement>(null);
  const zoom = useZoom(window);
  const { share, frame, drawn, parts } = desktop;
  // Of several monitors, the first is seen through the window, and the others lie beside it.
  const of = parts ? { w: wholeOf(parts).w / parts[0].w, h: wholeOf(parts).h / parts[0].h } : { w: 1, h: 1 };
  return (
    <div ref={window} className={style["window"]} data-over={drop.over || undefined}>
      <div
        ref={frame}
        role="application"
        aria-label={t.picture}
        aria-hidden={!drawn}
        className={style["stage"]}
        style={{
          left: zoom.x,
          top: zoom.y,
          width: `${100 * zoom.scale * of.w}%`,
          height: `${100 * zoom.scale * of.h}%`,
        }}
        data-faded={faded || undefined}
        data-drawn={drawn || undefined}
        data-keys
        {...drop.events}
        onFocus={share.come}
        onPointerDownCapture={share.come}
      />
    </div>
  );
}

/** Two fingers that spread make the picture larger; to the viewer they would turn the guest's wheel. */
function useZoom(window: React.RefObject<HTMLElement | null>): Zoom {
  const [zoom, setZoom] = useState(whole);
  useEffect(() => {
    const element = window.current;
    if (!element) return undefined;
    let before: Pinch | undefined;
    const listen = (event: Event) => {
      const gesture = (event as CustomEvent<Gesture>).detail;
      if (gesture.type !== "pinch") return;
      event.stopPropagation();
      const now = pinchOf(gesture);
      const from = before;
      before = event.type === "gestureend" ? undefined : now;
      if (event.type !== "gesturemove" || !from) return;
      const { clientWidth: w, clientHeight: h } = element;
      setZoom((zoom) => zoomed(zoom, from, now, { w, h }));
    };
    const kinds = ["gesturestart", "gesturemove", "gestureend"];
    for (const kind of kinds) element.addEventListener(kind, listen, { capture: true });
    return () => {
      for (const kind of kinds) element.removeEventListener(kind, listen, { capture: true });
    };
  }, [window]);
  return zoom;
}
