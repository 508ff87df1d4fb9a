/** How somebody wants his desktops shown: kept by this browser. */
import { resolutions, type Resolution } from "./resolution.ts";

/** JPEG quality of what moves, 0 to 9: the gateway goes below where the line is slow, and sends again exactly what rests. */
export const qualities = { sharp: 9, balanced: 6, sparing: 2 } as const;
export type Quality = keyof typeof qualities;

export interface PictureLook {
  readonly resolution: Resolution;
  readonly quality: number;
}

const key = "lodge-desktop-look";

export function keptLook(): PictureLook {
  const [resolution = "", quality = ""] = (localStorage.getItem(key) ?? "").split(" ");
  return {
    resolution: resolutions.find((each) => each === resolution) ?? "window",
    quality: Object.values(qualities).find((each) => String(each) === quality) ?? qualities.balanced,
  };
}

export function keepLook(look: PictureLook): PictureLook {
  localStorage.setItem(key, `${look.resolution} ${look.quality}`);
  return look;
}
