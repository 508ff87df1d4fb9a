import { useEffect } from "react";

/** What the window, its tab and the system's list of windows say. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Lodge`;
  }, [title]);
}
