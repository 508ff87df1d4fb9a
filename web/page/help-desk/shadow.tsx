/**
 * Somebody's desktop in a window of the help desk: asked for first, and shown once its user has consented, or where its pool
 * lets it be seen with a notice alone. Who closes the window takes the question back.
 */
import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useLocation, useParams } from "react-router";
import type { LodgeError } from "#contract/errors";
import { openDisplay, type DisplayState } from "../../console/display-line.ts";
import { call, errorOf } from "../../data/api.ts";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Dot } from "../../ui/state.tsx";
import { useTitle } from "../desktop/use-title.ts";
import style from "./shadow.module.css";

type ShadowState =
  | { readonly is: "asking" | "live" | "over" }
  | { readonly is: "failed"; readonly error: LodgeError };

/** Why it could not be is what it ended by. */
const ended = (before: ShadowState): ShadowState => (before.is === "failed" ? before : { is: "over" });

export function Shadow() {
  const { desktop = "" } = useParams();
  const control = new URLSearchParams(useLocation().search).has("control");
  const t = useText().helpDesk;
  const frame = useRef<HTMLDivElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<ShadowState>({ is: "asking" });
  useTitle(control ? t.control : t.look);
  useEffect(() => {
    if (!frame.current) return undefined;
    const over = new AbortController();
    let asked = false;
    setState({ is: "asking" });
    const opened = openDisplay({
      frame: frame.current,
      fits: false,
      async admit() {
        // What was consented to is one look: whoever lost it asks again.
        if (asked) return over.signal.aborted ? Promise.reject() : new Promise(() => setState(ended));
        asked = true;
        try {
          const { guest, ticket } = await call(
            "desktopShadow",
            { params: { desktop }, body: { control } },
            { signal: over.signal },
          );
          return { guest, ticket, viewOnly: !control };
        } catch (error) {
          if (!over.signal.aborted) setState({ is: "failed", error: errorOf(error) });
          throw error;
        }
      },
      turned(now: DisplayState) {
        if (now.is === "live") setState({ is: "live" });
        if (now.is === "over") setState(ended);
      },
      copied: () => undefined,
    });
    return () => {
      over.abort();
      opened.close();
    };
  }, [desktop, control, attempt]);
  const again = () => setAttempt((count) => count + 1);
  return (
    <main className={style["shadow"]}>
      <header className={style["head"]}>
        <h1>{control ? t.control : t.look}</h1>
        <span role="status">
          {state.is === "live" && <Dot tone="good">{control ? t.inControl : t.looking}</Dot>}
          {state.is === "asking" && <Dot tone="busy">{t.waiting}</Dot>}
        </span>
        <Button variant="default" onClick={() => window.close()}>
          {state.is === "asking" ? t.takeBack : t.stop}
        </Button>
      </header>
      <div className={style["ground"]}>
        <div
          ref={frame}
          role="application"
          aria-label={t.picture}
          className={style["frame"]}
          data-shown={state.is === "live" || undefined}
        />
        {state.is === "asking" && <p className={style["middle"]}>{t.waitingHint}</p>}
        {state.is === "over" && (
          <div className={style["middle"]}>
            <p>{t.over}</p>
            <Button onClick={again}>{t.askAgain}</Button>
          </div>
        )}
        {state.is === "failed" && (
          <div className={style["middle"]}>
            <Failure error={state.error} retry={again} />
          </div>
        )}
      </div>
    </main>
  );
}
