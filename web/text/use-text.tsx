/** The chosen language: English comes with the page, any other when it is chosen. */
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { en, type Messages } from "./en.ts";

export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

const words: Readonly<Record<Language, () => Promise<Messages>>> = {
  en: async () => en,
  de: async () => (await import("./de.ts")).de,
};
const key = "lodge-language";

interface Chosen {
  readonly language: Language;
  readonly text: Messages;
  choose(language: Language): void;
}

const Text = createContext<Chosen>({ language: "en", text: en, choose: () => undefined });

const isLanguage = (word: string | null | undefined): word is Language => word != null && word in languages;

function preferred(): Language {
  const kept = localStorage.getItem(key);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

export function TextProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(preferred);
  const [text, setText] = useState<Messages | undefined>(language === "en" ? en : undefined);
  useEffect(() => {
    let left = false;
    document.documentElement.lang = language;
    void words[language]().then((messages) => !left && setText(messages));
    return () => {
      left = true;
    };
  }, [language]);
  const choose = (next: Language) => {
    localStorage.setItem(key, next);
    setLanguage(next);
  };
  return text && <Text value={{ language, text, choose }}>{children}</Text>;
}

export const useLanguage = (): Chosen => use(Text);
/** The words. */
export const useText = (): Messages => use(Text).text;
