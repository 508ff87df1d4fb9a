/** The display, and what a keyboard alone cannot send to it. */
import { Button, Popover, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKeyboard, IconMaximize } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useText } from "../text/use-text.tsx";
import { Failure } from "../ui/failure.tsx";
import { Dot } from "../ui/state.tsx";
import { openDisplay, type DisplayLine, type DisplayState } from "./display-line.ts";
import style from "./display.module.css";

export function Display({ guest }: { readonly guest: string }) {
  const text = useText();
  const t = text.guest;
  const whole = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const line = useRef<DisplayLine>(undefined);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<DisplayState>({ is: "opening" });
  useEffect(() => {
    if (!frame.current) return undefined;
    const opened = openDisplay({ guest, frame: frame.current, turned: setState });
    line.current = opened;
    return () => opened.close();
  }, [guest, attempt]);
  if (state.is === "over") return <Failure error={state.error} retry={() => setAttempt(attempt + 1)} />;
  const touchable = state.is === "live" && !state.viewOnly;
  return (
    <div ref={whole} className={style["console"]}>
      <div className={style["bar"]}>
        <Button variant="default" disabled={!touchable} onClick={() => line.current?.ctrlAltDel()}>
          {t.ctrlAltDel}
        </Button>
        <TypeText disabled={!touchable} send={(typed) => line.current?.type(typed)} />
        <Button
          variant="default"
          leftSection={<IconMaximize size={14} />}
          onClick={() => void whole.current?.requestFullscreen().then(() => line.current?.focus())}
        >
          {t.fullScreen}
        </Button>
        <span className={style["status"]} role="status">
          <Status state={state} />
        </span>
      </div>
      <div
        ref={frame}
        role="application"
        aria-label={t.display}
        className={state.is === "lost" ? `${style["frame"]} ${style["faded"]}` : style["frame"]}
        data-keys
      />
    </div>
  );
}

function Status({ state }: { readonly state: DisplayState }) {
  const t = useText().guest;
  if (state.is === "live") return <Dot tone="good">{state.viewOnly ? t.viewOnly : t.connected}</Dot>;
  return <Dot tone="busy">{state.is === "lost" ? t.reconnecting : t.serialOpening}</Dot>;
}

interface TypeTextProps {
  readonly disabled: boolean;
  send(text: string): void;
}

/** For guests that no clipboard leads into. */
function TypeText({ disabled, send }: TypeTextProps) {
  const t = useText().guest;
  const [opened, box] = useDisclosure();
  const [typed, setTyped] = useState("");
  return (
    <Popover
      opened={opened}
      onChange={box.toggle}
      width={340}
      trapFocus
      withinPortal={false}
      position="bottom-start"
    >
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconKeyboard size={14} />}
          disabled={disabled}
          onClick={box.toggle}
        >
          {t.typeText}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            send(typed);
            setTyped("");
            box.close();
          }}
        >
          <Textarea
            label={t.typeText}
            description={t.typeTextHint}
            autosize
            minRows={3}
            maxRows={10}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            spellCheck={false}
            data-autofocus
          />
          <Button type="submit" mt="sm" disabled={typed === ""}>
            {t.typeSend}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
