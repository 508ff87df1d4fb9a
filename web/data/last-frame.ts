/**
 * The last picture of each desktop that was open in this tab: shown greyed until the desktop's own is there. It lies in the
 * tab's own store, which goes with the tab; and goes at once where somebody signs off or out.
 */
const prefix = "lodge-last-frame:";
/** Pixels: it is looked at for a moment. */
const widest = 960;

const keyOf = (user: string, pool: string): string => `${prefix}${user}:${pool}`;

export function keepFrame(user: string, pool: string, canvas: HTMLCanvasElement): void {
  if (canvas.width === 0 || canvas.height === 0) return;
  const small = document.createElement("canvas");
  const scale = Math.min(1, widest / canvas.width);
  small.width = Math.round(canvas.width * scale);
  small.height = Math.round(canvas.height * scale);
  small.getContext("2d")?.drawImage(canvas, 0, 0, small.width, small.height);
  try {
    sessionStorage.setItem(keyOf(user, pool), small.toDataURL("image/jpeg", 0.6));
  } catch {
    // The store is full: a blank ground does as well.
  }
}

export const lastFrame = (user: string, pool: string): string | undefined =>
  sessionStorage.getItem(keyOf(user, pool)) ?? undefined;

export const forgetFrame = (user: string, pool: string): void => sessionStorage.removeItem(keyOf(user, pool));

export function forgetFrames(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key);
}
