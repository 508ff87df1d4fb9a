/** The fields of a form as texts, by their names. */
import { useState } from "react";

interface Changed {
  readonly currentTarget: { readonly value: string };
}

export function useFields<T extends Readonly<Record<string, string>>>(blank: T) {
  const [wish, setWish] = useState(blank);
  const field = (name: keyof T & string) => ({
    value: wish[name] ?? "",
    autoComplete: "off",
    spellCheck: false,
    onChange: (event: Changed) => {
      const { value } = event.currentTarget;
      setWish((before) => ({ ...before, [name]: value }));
    },
  });
  return { wish, field };
}

export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** A field that may be left empty: as the API wants it, which is not at all. */
export const given = <N extends string>(name: N, value: string): { readonly [K in N]?: string } =>
  value.trim() === "" ? {} : ({ [name]: value.trim() } as { readonly [K in N]: string });
