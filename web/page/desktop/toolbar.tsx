/**
 * What can be done with a desktop, at the upper edge: hidden until a pointer comes to that edge, the handle is pressed, or
 * Ctrl Alt Shift, which no desktop means by itself. A panel that is open holds it. Where one touches, it is a sheet at the
 * foot, and its handle at the side: there a thumb gets to.
 */
import {
  IconAdjustments,
  IconArrowLeft,
  IconChevronDown,
  IconClipboard,
  IconFiles,
  IconHelp,
  IconKeyboard,
  IconCommand,
  IconDeviceDesktopPlus,
  IconDots,
  IconLogout,
  IconMaximize,
  IconMinimize,
  IconPower,
  IconVolume,
  IconVolumeOff,
} from "@tabler/icons-react";
import { useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { Schemas } from "#contract/schemas";
import { ButtonPanel } from "../../console/bar-popover.tsx";
import { ClipboardText } from "../../console/clipboard.tsx";
import type { FileDrop } from "../../console/file-drop.ts";
import type { useFullScreen } from "../../console/full-screen.ts";
import type { Sound } from "../../console/sound/use-sound.ts";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { FilesPanel } from "./files-panel.tsx";
import { HelpPanel } from "./help-panel.tsx";
import { KeysPanel } from "./keys-panel.tsx";
import { PicturePanel } from "./picture-panel.tsx";
import type { PictureLook } from "./picture-look.ts";
import { PowerPanel } from "./power-panel.tsx";
import type { DesktopActions } from "./use-actions.ts";
import type { Desktop } from "./use-desktop.ts";
import { useEdge } from "./use-edge.ts";
import style from "./toolbar.module.css";

export interface ToolbarProps {
  readonly desktop: Desktop;
  readonly offer: Schemas["DesktopOffer"] | undefined;
  readonly title: string;
  readonly kiosk: boolean;
  readonly look: PictureLook;
  choose(change: Partial<PictureLook>): void;
  readonly sound: Sound;
  readonly drop: FileDrop;
  readonly full: ReturnType<typeof useFullScreen>;
  /** Undefined: it has all that it may have. */
  readonly addMonitor: (() => void) | undefined;
  readonly actions: DesktopActions;
  readonly typing: boolean;
  /** Brings the system's keyboard up, where that is how one types. */
  readonly type: ((on: boolean) => void) | undefined;
}

/** Milliseconds. */
const mantines = 30;

type Panel = "keys" | "clipboard" | "files" | "picture" | "power" | "help";

export function Toolbar(props: ToolbarProps) {
  const t = useText().desktops;
  const { desktop } = props;
  const [panel, setPanel] = useState<Panel>();
  const [asked, setAsked] = useState<Question>();
  const bar = useRef<HTMLDivElement>(null);
  const edge = useEdge(bar, panel !== undefined || asked !== undefined);
  const toPicture = () => desktop.line.current?.focus();
  const open = (which: Panel | undefined) => {
    setPanel(which);
    // Mantine gives the keys to the button first.
    if (which === undefined) setTimeout(toPicture, mantines);
  };
  return (
    <>
      <div className={style["edge"]}>
        {props.type && (
          <button
            type="button"
            className={style["handle"]}
            aria-pressed={props.typing}
            aria-label={t.touchKeyboard}
            onClick={() => props.type?.(!props.typing)}
          >
            <IconKeyboard size={20} />
          </button>
        )}
        <button
          type="button"
          className={style["handle"]}
          aria-expanded={edge.shown}
          aria-label={t.toolbar}
          onClick={edge.toggle}
        >
          {props.type ? <IconDots size={20} /> : <IconChevronDown size={14} />}
        </button>
      </div>
      <div
        ref={bar}
        className={style["bar"]}
        role="toolbar"
        aria-label={t.toolbar}
        data-shown={edge.shown || undefined}
        inert={!edge.shown}
        onKeyDown={(event) => {
          // A panel that is open closes first.
          if (event.key !== "Escape" || panel !== undefined) return goAlong(event);
          edge.hide();
          toPicture();
        }}
      >
        <Tools {...props} panel={panel} open={open} ask={setAsked} toPicture={toPicture} />
      </div>
      <Confirm
        question={asked}
        close={() => {
          setAsked(undefined);
          toPicture();
        }}
      />
    </>
  );
}

/** Arrows go from one tool to the next, as in any toolbar. A panel that is open has its own keys. */
function goAlong({ key, target, currentTarget: bar }: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  const tools = [...bar.children].filter((one) => one instanceof HTMLButtonElement);
  const at = tools.findIndex((one) => one === target);
  if (step !== undefined && at >= 0) tools.at((at + step) % tools.length)?.focus();
}

interface ToolsProps extends ToolbarProps {
  readonly panel: Panel | undefined;
  open(panel: Panel | undefined): void;
  ask(question: Question): void;
  toPicture(): void;
}

function Tools(props: ToolsProps) {
  const text = useText();
  const t = text.desktops;
  const { desktop, kiosk, sound, full, actions, look, choose, drop, offer, panel, open, ask } = props;
  const { policy, share, line, state } = desktop;
  const { clipboard = "both", files = "both", power = true } = policy;
  const live = state.is === "live";
  const panelOf = (which: Panel, label: string, icon: ReactNode, content: ReactNode, width = 300) => (
    <ToolPanel
      label={label}
      icon={icon}
      width={width}
      opened={panel === which}
      change={(opened) => open(opened ? which : undefined)}
    >
      {content}
    </ToolPanel>
  );
  const done = () => open(undefined);
  const keeps = offer?.keeps ?? "guest";
  return (
    <>
      {!kiosk && (
        <Tool label={t.leave} hint={t.leaveHint} icon={<IconArrowLeft size={18} />} act={actions.leave} />
      )}
      <span className={style["title"]}>{props.title}</span>
      {panelOf(
        "keys",
        text.console.sendKeys,
        <IconCommand size={18} />,
        <KeysPanel disabled={!live} line={line} done={done} />,
        220,
      )}
      {clipboard !== "none" &&
        panelOf(
          "clipboard",
          text.console.clipboard,
          <IconClipboard size={18} />,
          <ClipboardText words={t.clipboard} share={share} policy={clipboard} done={done} />,
          340,
        )}
      {files !== "none" &&
        panelOf(
          "files",
          t.files,
          <IconFiles size={18} />,
          <FilesPanel files={files} drop={drop} desktop={desktop} done={done} />,
          340,
        )}
      <Tool
        label={sound.heard ? text.recordings.mute : text.recordings.listen}
        icon={sound.heard ? <IconVolume size={18} /> : <IconVolumeOff size={18} />}
        pressed={sound.heard}
        act={sound.toggle}
      />
      {panelOf(
        "picture",
        t.look,
        <IconAdjustments size={18} />,
        <PicturePanel look={look} choose={choose} />,
      )}
      <Tool
        label={full.state === "no" ? text.guest.fullScreen : text.console.leaveFullScreen}
        icon={full.state === "no" ? <IconMaximize size={18} /> : <IconMinimize size={18} />}
        act={() => void full.toggle().then(props.toPicture)}
      />
      {props.addMonitor && (
        <Tool label={t.addMonitor} icon={<IconDeviceDesktopPlus size={18} />} act={props.addMonitor} />
      )}
      {power &&
        panelOf(
          "power",
          t.power,
          <IconPower size={18} />,
          <PowerPanel actions={actions} keeps={keeps} ask={ask} done={done} />,
        )}
      {panelOf("help", t.help, <IconHelp size={18} />, <HelpPanel offer={offer} kiosk={kiosk} />, 340)}
      <Tool
        label={t.signOff}
        icon={<IconLogout size={18} />}
        act={() =>
          ask({
            title: t.signOffTitle,
            warning: t.signOffWarnings[keeps],
            action: t.signOff,
            confirm: () => void actions.signOff(),
          })
        }
      />
    </>
  );
}

interface ToolProps {
  readonly label: string;
  readonly hint?: string;
  readonly icon: ReactNode;
  readonly pressed?: boolean;
  act(): void;
}

const Tool = ({ label, hint, icon, pressed, act }: ToolProps) => (
  <button type="button" className={style["tool"]} title={hint} aria-pressed={pressed} onClick={act}>
    {icon}
    {label}
  </button>
);

interface ToolPanelProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly width: number;
  readonly opened: boolean;
  change(opened: boolean): void;
  readonly children: ReactNode;
}

const ToolPanel = ({ label, icon, ...panel }: ToolPanelProps) => (
  <ButtonPanel
    {...panel}
    label={label}
    className={style["panel"]}
    centred
    button={
      <button type="button" className={style["tool"]} onClick={() => panel.change(!panel.opened)}>
        {icon}
        {label}
      </button>
    }
  />
);
