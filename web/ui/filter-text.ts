/**
 * A filter that is typed, kept in the page's address as well, so that it can be sent to somebody. The address
 * follows the field and never leads it: it changes a moment later, when more may have been typed.
 */
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

/** Milliseconds without a key after which the address follows. */
const pause = 200;

export function useFilterText(key: string): readonly [text: string, set: (text: string) => void] {
  const [params, setParams] = useSearchParams();
  const [text, set] = useState(params.get(key) ?? "");
  // The router gives another function with each address, which knows that one alone.
  const put = useRef(setParams);
  useEffect(() => {
    put.current = setParams;
  });
  useEffect(() => {
    const timer = setTimeout(() => {
      // The address itself: what else was chosen a moment ago may not be rendered yet.
      const next = new URLSearchParams(window.location.search);
      if ((next.get(key) ?? "") === text) return;
      if (text === "") next.delete(key);
      else next.set(key, text);
      put.current(next, { replace: true });
    }, pause);
    return () => clearTimeout(timer);
  }, [text, key]);
  return [text, set];
}
