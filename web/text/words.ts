/**
 * Which words are loaded: English's first part comes with the page, another language's in its place, and the
 * rest of the chosen one with the first thing that is not in the first load (later.ts).
 */
import { first as english } from "./en/first.ts";
import type { FirstMessages, Messages, RestMessages } from "./en.ts";

export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

interface Parts {
  first(): Promise<FirstMessages>;
  rest(): Promise<RestMessages>;
}

const parts: Readonly<Record<Language, Parts>> = {
  en: { first: async () => english, rest: async () => (await import("./en/rest.ts")).rest },
  de: {
    first: async () => (await import("./de/first.ts")).first,
    rest: async () => (await import("./de/rest.ts")).rest,
  },
};

const key = "lodge-language";
const isLanguage = (word: string | null | undefined): word is Language => word != null && word in languages;

function preferred(): Language {
  const kept = localStorage.getItem(key);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en";
}

/** With the reader's region, where his browser names one of this language: 28/11/2026 is no date in the United States. */
const tagOf = (language: Language): string =>
  navigator.languages.find((tag) => tag.startsWith(`${language}-`)) ?? language;

export interface Words {
  readonly chosen: Language;
  /** What numbers and times are written by, as Intl takes it: "en-GB". */
  readonly language: string;
  /** Of its second part only what has come: what needs more comes through later.ts, which waits for it. */
  readonly text: Messages;
}

let words: Words | undefined;
let wanted: Language | undefined;
let restAsked = false;
const listeners = new Set<() => void>();

/** The same object for as long as the language is: its second part is put into it. */
function put(language: Language, text: FirstMessages | Messages): void {
  if (wanted !== language) return;
  words = { chosen: language, language: tagOf(language), text: text as Messages };
  document.documentElement.lang = words.language;
  for (const listener of listeners) listener();
}

export const currentWords = (): Words | undefined => words;

export function onWords(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function load(language: Language): Promise<void> {
  wanted = language;
  const [first, rest] = await Promise.all([
    parts[language].first(),
    restAsked ? parts[language].rest() : undefined,
  ]);
  put(language, { ...first, ...rest });
}

let loading: Promise<void> | undefined;

/** The words that the page begins with. */
export const beginWords = (): Promise<void> => (loading ??= load(preferred()));

export function choose(language: Language): Promise<void> {
  localStorage.setItem(key, language);
  return (loading = load(language));
}

/** Resolves once all words of the chosen language are there. */
export async function allWords(): Promise<void> {
  restAsked = true;
  // A language that is chosen from here on comes with all its words.
  await beginWords();
  const now = words;
  if (now) Object.assign(now.text, await parts[now.chosen].rest());
}
