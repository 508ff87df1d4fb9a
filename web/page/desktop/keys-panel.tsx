/** Keys that a browser or the system keeps for itself. */
import type { RefObject } from "react";
import type { DisplayLine } from "../../console/display-line.ts";
import { combinations } from "../../console/keys.ts";
import { useText } from "../../text/use-text.tsx";
import style from "./toolbar.module.css";

interface KeysPanelProps {
  readonly disabled: boolean;
  readonly line: RefObject<DisplayLine | undefined>;
  done(): void;
}

export function KeysPanel({ disabled, line, done }: KeysPanelProps) {
  const t = useText().console;
  return (
    <div className={style["list"]}>
      {combinations.map(([label, keys]) => (
        <button
          key={label}
          type="button"
          className={style["choice"]}
          disabled={disabled}
          onClick={() => {
            line.current?.press(keys);
            done();
          }}
        >
          {label.replace("Ctrl", t.ctrl).replace("Del", t.del).replace("Print", t.print)}
        </button>
      ))}
    </div>
  );
}
