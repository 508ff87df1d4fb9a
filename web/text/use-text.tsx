/** The words, in the chosen language, for what is drawn. */
import { createContext, use, useEffect, useSyncExternalStore, type ReactNode } from "react";
import type { Messages } from "./en.ts";
import { beginWords, currentWords, onWords, type Words } from "./words.ts";

const Text = createContext<Words | undefined>(undefined);

export function TextProvider({ children }: { readonly children: ReactNode }) {
  const words = useSyncExternalStore(onWords, currentWords);
  useEffect(() => void beginWords(), []);
  return words && <Text value={words}>{children}</Text>;
}

export function useLanguage(): Words {
  const words = use(Text);
  if (!words) throw new TypeError("no words: TextProvider stands above everything that is drawn");
  return words;
}

/** The words. */
export const useText = (): Messages => useLanguage().text;
