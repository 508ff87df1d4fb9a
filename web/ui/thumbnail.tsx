/** What a guest's display shows, small; asked for while it is in sight, and drawn where it has changed. */
import { useEffect, useRef, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { may } from "../data/guest-action.ts";
import { watchPicture } from "../data/pictures.ts";
import { useText } from "../text/use-text.tsx";
import style from "./thumbnail.module.css";

interface ThumbnailProps {
  readonly guest: Pick<Schemas["Guest"], "id" | "name" | "state">;
}

export function Thumbnail({ guest }: ThumbnailProps) {
  const t = useText().pictures;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [there, setThere] = useState(false);
  const { id } = guest;
  const runs = may("screenshot", guest as Schemas["Guest"]);
  useEffect(() => {
    const place = canvas.current;
    if (!place || !runs) {
      setThere(false);
      return undefined;
    }
    let stop: (() => void) | undefined;
    const draw = (picture: Blob | undefined) => {
      if (!picture) return setThere(false);
      void createImageBitmap(picture).then((bitmap) => {
        place.width = bitmap.width;
        place.height = bitmap.height;
        place.getContext("2d")?.drawImage(bitmap, 0, 0);
        bitmap.close();
        setThere(true);
      });
    };
    const sight = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) stop ??= watchPicture(id, draw);
      else {
        stop?.();
        stop = undefined;
      }
    });
    sight.observe(place);
    return () => {
      sight.disconnect();
      stop?.();
    };
  }, [id, runs]);
  return (
    <span className={runs ? style["frame"] : `${style["frame"]} ${style["off"]}`}>
      <canvas
        ref={canvas}
        className={there ? style["picture"] : `${style["picture"]} ${style["none"]}`}
        {...(runs ? { role: "img", "aria-label": t.of(guest.name) } : { "aria-hidden": true })}
      />
      {!runs && <span className={style["word"]}>{t.none}</span>}
    </span>
  );
}
