/** The system's own keyboard for a desktop, and above it the keys that it lacks. Those that are held count for the next one. */
import { useEffect, useRef, useState, type CSSProperties, type FormEvent, type RefObject } from "react";
import type { DisplayLine } from "../../console/display-line.ts";
import type { Key } from "../../console/keys.ts";
import { keptLayout } from "../../console/layouts.ts";
import { useText } from "../../text/use-text.tsx";
import { typed } from "./typed.ts";
import style from "./toolbar.module.css";

interface TouchKeyboardProps {
  readonly line: RefObject<DisplayLine | undefined>;
  close(): void;
}

const held = ["ControlLeft", "AltLeft", "MetaLeft"] as const;
type Held = (typeof held)[number];
const plain: readonly (readonly [key: Key, label: string])[] = [
  ["Escape", "Esc"],
  ["Tab", "Tab"],
  ["ArrowLeft", "←"],
  ["ArrowUp", "↑"],
  ["ArrowDown", "↓"],
  ["ArrowRight", "→"],
];
/** Keys that touch keyboards tell by name; all else is seen by what it does to the text. */
const named: readonly Key[] = [
  "Enter",
  "Backspace",
  "Tab",
  "Escape",
  "ArrowLeft",
  "ArrowUp",
  "ArrowRight",
  "ArrowDown",
];
/** There has to be something that can be erased, or erasing is not told. */
const filler = "_".repeat(40);

export function TouchKeyboard({ line, close }: TouchKeyboardProps) {
  const text = useText();
  const t = text.desktops;
  const field = useRef<HTMLTextAreaElement>(null);
  const [down, setDown] = useState<readonly Held[]>([]);
  const before = useRef(filler);
  const above = useKeyboardHeight();
  const labels = { ControlLeft: text.console.ctrl, AltLeft: "Alt", MetaLeft: "Super" } as const;
  useEffect(() => field.current?.focus(), []);
  const press = (key: Key) => {
    line.current?.press([...down, key]);
    setDown([]);
  };
  const fill = (value: string) => {
    before.current = value;
    if (field.current) field.current.value = value;
  };
  const changed = (event: FormEvent<HTMLTextAreaElement>) => {
    const now = event.currentTarget.value;
    const { erased, text: added } = typed(before.current, now);
    for (let count = 0; count < erased; count++) line.current?.press(["Backspace"]);
    if (added !== "") line.current?.type(added, keptLayout(), down);
    if (down.length > 0) setDown([]);
    if (now.length < filler.length / 2 || now.length > 2 * filler.length) fill(filler);
    else before.current = now;
  };
  return (
    <div
      className={style["touch"]}
      role="toolbar"
      aria-label={t.touchKeyboard}
      style={{ bottom: above } as CSSProperties}
      // The field keeps the system's keyboard up.
      onPointerDown={(event) => event.target instanceof HTMLButtonElement && event.preventDefault()}
    >
      <textarea
        ref={field}
        aria-label={t.touchKeyboard}
        defaultValue={filler}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        onInput={changed}
        onKeyDown={(event) => {
          const key = named.find((name) => name === event.key);
          if (!key) return;
          event.preventDefault();
          press(key);
        }}
      />
      {held.map((key) => (
        <button
          key={key}
          type="button"
          aria-pressed={down.includes(key)}
          onClick={() =>
            setDown((now) => (now.includes(key) ? now.filter((each) => each !== key) : [...now, key]))
          }
        >
          {labels[key]}
        </button>
      ))}
      {plain.map(([key, label]) => (
        <button key={key} type="button" aria-label={key} onClick={() => press(key)}>
          {label}
        </button>
      ))}
      <button type="button" onClick={close}>
        {text.common.close}
      </button>
    </div>
  );
}

/** Pixels of the window's foot that the system's keyboard covers. */
function useKeyboardHeight(): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const seen = window.visualViewport;
    if (!seen) return undefined;
    const look = () => setHeight(Math.max(0, window.innerHeight - seen.height - seen.offsetTop));
    look();
    seen.addEventListener("resize", look);
    seen.addEventListener("scroll", look);
    return () => {
      seen.removeEventListener("resize", look);
      seen.removeEventListener("scroll", look);
    };
  }, []);
  return height;
}
