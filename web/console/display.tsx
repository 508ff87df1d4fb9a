/** The display, and what a keyboard alone cannot send to it. */
import { Button, Menu } from "@mantine/core";
import { IconAspectRatio, IconCommand, IconMaximize, IconMinimize } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { call } from "../data/api.ts";
import { useText } from "../text/use-text.tsx";
import { Failure } from "../ui/failure.tsx";
import { Dot } from "../ui/state.tsx";
import { Clipboard } from "./clipboard.tsx";
import { useShare } from "./clipboard-share.ts";
import { openDisplay, type Admission, type DisplayLine, type DisplayState } from "./display-line.ts";
import { DroppedFiles } from "./dropped-files.tsx";
import { useFileDrop } from "./file-drop.ts";
import { useFullScreen, type FullScreen } from "./full-screen.ts";
import { combinations, type Combination } from "./keys.ts";
import { outside } from "./outside.ts";
import { TypeText } from "./type-text.tsx";
import style from "./display.module.css";
import { RecordButton } from "./recording/record-button.tsx";
import { ScreenshotButton } from "./screenshot-button.tsx";
import { SoundButton } from "./sound/sound-button.tsx";

/** Whether guests' screens follow the window here: one who only looks by from a phone should move no windows. */
const fitsKey = "lodge-display-fits";

const admitted = async (guest: string): Promise<Admission> => ({
  ...(await call("guestDisplayTicket", { params: { guest }, body: {} })),
  guest,
});

export function Display({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const t = text.console;
  const whole = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const line = useRef<DisplayLine>(undefined);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<DisplayState>({ is: "opening" });
  const [fits, setFits] = useState(() => localStorage.getItem(fitsKey) === "yes");
  const full = useFullScreen(whole);
  const share = useShare(line);
  const latest = useRef({ share, fits });
  latest.current = { share, fits };
  const { id } = guest;
  useEffect(() => {
    if (!frame.current) return undefined;
    const opened = openDisplay({
      admit: () => admitted(id),
      frame: frame.current,
      fits: latest.current.fits,
      turned: setState,
      copied: (copied) => latest.current.share.copied(copied),
    });
    line.current = opened;
    const come = () => latest.current.share.come();
    window.addEventListener("focus", come);
    return () => {
      window.removeEventListener("focus", come);
      opened.close();
    };
  }, [id, attempt]);
  const touchable = state.is === "live" && !state.viewOnly;
  const drop = useFileDrop(async () => ({ guest: id }), touchable && guest.fileDrop);
  if (state.is === "over") return <Failure error={state.error} retry={() => setAttempt(attempt + 1)} />;
  const fit = () => {
    localStorage.setItem(fitsKey, fits ? "no" : "yes");
    line.current?.fit(!fits);
    setFits(!fits);
  };
  return (
    <div ref={whole} className={style["console"]}>
      <div className={style["bar"]}>
        <SendKeys disabled={!touchable} press={(keys) => line.current?.press(keys)} />
        <TypeText
          disabled={!touchable}
          send={(typed, layout) => line.current?.type(typed, layout) ?? typed}
        />
        <Clipboard disabled={!touchable} share={share} guest={guest} />
        <Button
          variant={fits ? "light" : "default"}
          aria-pressed={fits}
          title={t.fitHint}
          disabled={!touchable}
          leftSection={<IconAspectRatio size={14} />}
          onClick={fit}
        >
          {t.fit}
        </Button>
        <Button
          variant="default"
          leftSection={full.state === "no" ? <IconMaximize size={14} /> : <IconMinimize size={14} />}
          onClick={() => void full.toggle().then(() => line.current?.focus())}
        >
          {full.state === "no" ? text.guest.fullScreen : t.leaveFullScreen}
        </Button>
        <ScreenshotButton guest={id} />
        <SoundButton guest={guest} />
        <RecordButton guest={id} />
        <span className={style["status"]} role="status">
          <WayOut of={full.state} />
          <Status state={state} />
        </span>
      </div>
      <div
        ref={frame}
        role="application"
        aria-label={text.guest.display}
        className={frameClass(state, drop.over)}
        {...drop.events}
        onFocus={share.come}
        onPointerDownCapture={share.come}
        data-keys
        data-whole={fits ? undefined : true}
      />
      <DroppedFiles drop={drop} />
    </div>
  );
}

const frameClass = (state: DisplayState, over: boolean): string =>
  [style["frame"], state.is === "lost" ? style["faded"] : "", over ? style["over"] : ""]
    .filter(Boolean)
    .join(" ");

function Status({ state }: { readonly state: DisplayState }) {
  const t = useText().guest;
  if (state.is === "live") return <Dot tone="good">{state.viewOnly ? t.viewOnly : t.connected}</Dot>;
  return <Dot tone="busy">{state.is === "lost" ? t.reconnecting : t.serialOpening}</Dot>;
}

/** How to leave full screen, where the keys are the guest's. */
function WayOut({ of }: { readonly of: FullScreen }) {
  const t = useText().console;
  if (of === "no") return null;
  return <span className="soft">{of === "locked" ? t.holdEscape : t.pressEscape}</span>;
}

interface SendKeysProps {
  readonly disabled: boolean;
  press(keys: Combination): void;
}

function SendKeys({ disabled, press }: SendKeysProps) {
  const t = useText().console;
  return (
    <Menu withinPortal={false} position="bottom-start" clickOutsideEvents={outside}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconCommand size={14} />} disabled={disabled}>
          {t.sendKeys}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {combinations.map(([label, keys]) => (
          <Menu.Item key={label} onClick={() => press(keys)}>
            {label.replace("Ctrl", t.ctrl).replace("Del", t.del).replace("Print", t.print)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
