/** How long ago something was, kept true by one clock for the whole page. */
import { useSyncExternalStore } from "react";
import { ago, moment } from "../text/format.ts";
import { useLanguage } from "../text/use-text.tsx";

const every = 5_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, every);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

export function Since({ at }: { readonly at: string }) {
  const { language, text } = useLanguage();
  const seconds = (Math.max(useNow(), Date.now()) - Date.parse(at)) / 1000;
  return (
    <time className="number" dateTime={at} title={moment(at, language)}>
      {ago(seconds, language) ?? text.common.now}
    </time>
  );
}
