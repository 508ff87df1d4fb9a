/** Opens the palette; its code comes when it is first asked for. */
import { Suspense, useEffect, useState } from "react";
import { later } from "../later.ts";

export const palette = later(async () => (await import("./palette.tsx")).Palette);
const { Part: Palette } = palette;
const asks = new EventTarget();

export const openPalette = (): void => void asks.dispatchEvent(new Event("ask"));

export function PaletteDoor() {
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const ask = () => setAsked((count) => count + 1);
    function onKey(event: KeyboardEvent): void {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key !== "k") return;
      // In a console the key is the guest's.
      if (event.target instanceof HTMLElement && event.target.closest("[data-keys]")) return;
      event.preventDefault();
      ask();
    }
    asks.addEventListener("ask", ask);
    document.addEventListener("keydown", onKey);
    return () => {
      asks.removeEventListener("ask", ask);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  if (asked === 0) return null;
  return (
    <Suspense>
      <Palette asked={asked} />
    </Suspense>
  );
}
