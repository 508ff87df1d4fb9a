/** The serial console: a terminal with what the guest said since it started. */
import "@xterm/xterm/css/xterm.css";
import { Button } from "@mantine/core";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef, useState } from "react";
import type { LodgeError } from "#contract/errors";
import { useText } from "../text/use-text.tsx";
import { Failure } from "../ui/failure.tsx";
import { openSerial } from "./serial-line.ts";
import { SerialTools } from "./serial-search.tsx";
import style from "./serial.module.css";

/** Bytes of what was said before. */
const scrollback = 1_048_576;
const lines = 20_000;

/** Open and silent: a guest that was forked has said nothing yet. */
type State = {
  readonly is: "opening" | "silent" | "open" | "ended";
  readonly error?: LodgeError | undefined;
};

const open: State = { is: "open" };

export function Serial({ guest }: { readonly guest: string }) {
  const text = useText();
  const place = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<State>({ is: "opening" });
  const [attempt, setAttempt] = useState(0);
  const [drawn, setDrawn] = useState<Terminal>();
  const field = useRef<HTMLInputElement>(null);
  const label = text.guest.serialLabel;
  useEffect(() => {
    const frame = place.current;
    if (!frame) return undefined;
    setState({ is: "opening" });
    const terminal = new Terminal({
      scrollback: lines,
      fontFamily: getComputedStyle(document.body).getPropertyValue("--mantine-font-family-monospace"),
      fontSize: 13,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      screenReaderMode: true,
      // What marks the places that were found is new in xterm.
      allowProposedApi: true,
      theme: { background: "#0c0c0e", foreground: "#e4e4e7", cursor: "#4cc38a" },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(frame);
    terminal.textarea?.setAttribute("aria-label", label);
    fit.fit();
    const resized = new ResizeObserver(() => fit.fit());
    resized.observe(frame);
    const line = openSerial({
      guest,
      scrollback,
      output: (bytes) => {
        setState((now) => (now.is === "ended" ? now : open));
        terminal.write(bytes);
      },
      opened: () => setState((now) => (now.is === "opening" ? { is: "silent" } : now)),
      ended: (error) => setState({ is: "ended", error }),
    });
    const typing = terminal.onData((typed) => line.type(typed));
    terminal.focus();
    setDrawn(terminal);
    return () => {
      typing.dispose();
      line.close();
      resized.disconnect();
      terminal.dispose();
      setDrawn(undefined);
    };
  }, [guest, attempt, label]);
  return (
    <>
      {state.is !== "open" && (
        <div className={style["bar"]} role="status">
          {state.is === "opening" && <span className="soft">{text.guest.serialOpening}</span>}
          {state.is === "silent" && <span className="soft">{text.guest.serialSilent}</span>}
          {state.is === "ended" && (
            <>
              {state.error ? <Failure error={state.error} /> : <span>{text.guest.serialEnded}</span>}
              <Button variant="default" onClick={() => setAttempt(attempt + 1)}>
                {text.guest.serialAgain}
              </Button>
            </>
          )}
        </div>
      )}
      <SerialTools terminal={drawn} field={field} />
      <div ref={place} className={style["frame"]} data-keys />
    </>
  );
}
