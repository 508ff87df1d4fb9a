/** Holds the place of what comes: rows of grey, which stay unseen where it comes at once. */
import { useEffect, useState } from "react";
import { useText } from "../text/use-text.tsx";
import style from "./loading.module.css";

/** Milliseconds in which an answer looks like no waiting at all. */
const patience = 200;

export function Loading({ rows = 6 }: { readonly rows?: number }) {
  const text = useText();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), patience);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label={text.common.loading}>
      {late && Array.from({ length: rows }, (_, at) => <div key={at} className={style["row"]} />)}
    </div>
  );
}
