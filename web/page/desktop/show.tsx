/** One's own desktop, in the whole window: `/desktops/POOL`; with `?kiosk` there is no way out but to sign off. */
import { useEffect, useRef, useState } from "react";
import { useLocation, useParams } from "react-router";
import { DroppedFiles } from "../../console/dropped-files.tsx";
import { useFileDrop } from "../../console/file-drop.ts";
import { useFullScreen } from "../../console/full-screen.ts";
import { useSound } from "../../console/sound/use-sound.ts";
import { useRead } from "../../data/query.ts";
import { useSession } from "../../data/session.tsx";
import { tellFailure } from "../../ui/notify.ts";
import { useText } from "../../text/use-text.tsx";
import { HomeCard } from "./home.tsx";
import { Monitor } from "./monitor.tsx";
import { isTouched } from "./touched.ts";
import { keptLook, keepLook, type PictureLook } from "./picture-look.ts";
import { Placeholder } from "./placeholder.tsx";
import { SaidCards } from "./said.tsx";
import { Stage } from "./stage.tsx";
import { Toolbar } from "./toolbar.tsx";
import { TouchKeyboard } from "./touch-keyboard.tsx";
import { useActions } from "./use-actions.ts";
import { useDesktop } from "./use-desktop.ts";
import { useMonitors } from "./use-monitors.ts";
import { Watermark } from "./watermark.tsx";
import { useTitle } from "./use-title.ts";
import style from "./show.module.css";

/** What whoever follows a link to it says with it. */
interface Come {
  /** Watch it beside whoever has it open elsewhere. */
  readonly share?: boolean;
}

export function DesktopShow() {
  const { pool = "" } = useParams();
  const { search, state } = useLocation();
  const user = useSession().data?.user ?? "";
  const come = (state ?? {}) as Come;
  return (
    <OneDesktop
      key={pool}
      pool={pool}
      user={user}
      kiosk={new URLSearchParams(search).has("kiosk")}
      share={come.share === true}
    />
  );
}

interface OneProps {
  readonly pool: string;
  readonly user: string;
  readonly kiosk: boolean;
  readonly share: boolean;
}

function OneDesktop({ pool, user, kiosk, share }: OneProps) {
  const whole = useRef<HTMLDivElement>(null);
  const [look, setLook] = useState(keptLook);
  const [typing, setTyping] = useState(false);
  const t = useText().desktops;
  const monitors = useMonitors();
  const desktop = useDesktop({ pool, user, takeOver: !share, monitors, ...look });
  const { state, policy } = desktop;
  const full = useFullScreen(whole);
  const another = () => desktop.open.current?.another() ?? Promise.reject();
  const sound = useSound(another);
  const live = state.is === "live";
  const files = policy.files ?? "both";
  const drop = useFileDrop(another, live && (files === "both" || files === "in"));
  const offer = useRead("myDesktopList", {}, { enabled: desktop.drawn || state.is === "over" }).data?.find(
    (each) => each.pool === pool || each.id === pool,
  );
  const title = offer?.title ?? pool;
  useTitle(title);
  const { close } = monitors;
  const isOver = state.is === "ended" || state.is === "over";
  useEffect(() => {
    if (isOver) close();
  }, [isOver, close]);
  const mayAdd = !kiosk && !isTouched() && monitors.further.length + 1 < (policy.monitors ?? 1);
  const addMonitor = () => {
    if (!monitors.add()) tellFailure({ message: t.monitorRefused, hint: t.monitorRefusedHint });
  };
  const actions = useActions({ pool, user, kiosk });
  const choose = (change: Partial<PictureLook>) => setLook(keepLook({ ...look, ...change }));
  const watermark = policy.watermark === true && desktop.drawn && (
    <Watermark user={user} address={desktop.said.address} />
  );
  return (
    <main ref={whole} className={style["whole"]}>
      <Stage desktop={desktop} drop={drop} faded={!live || actions.ending} />
      <Placeholder {...{ desktop, actions, pool, title, user, kiosk }} />
      {watermark}
      {monitors.further.map(({ id, window }, at) => (
        <Monitor
          key={id}
          window={window}
          title={`${title} – ${at + 2}`}
          part={desktop.parts?.[at + 1]}
          faded={state.is === "lost"}
          line={desktop.line}
          onPicture={desktop.onPicture}
        >
          {watermark}
        </Monitor>
      ))}
      {desktop.drawn && <HomeCard home={desktop.said.home} user={user} again={() => desktop.again(true)} />}
      <SaidCards desktop={desktop} />
      <div className={style["files"]}>
        <DroppedFiles drop={drop} />
      </div>
      {(live || state.is === "lost") && (
        <Toolbar
          desktop={desktop}
          offer={offer}
          title={title}
          kiosk={kiosk}
          look={look}
          choose={choose}
          sound={sound}
          drop={drop}
          full={full}
          addMonitor={mayAdd ? addMonitor : undefined}
          actions={actions}
          typing={typing}
          type={isTouched() ? setTyping : undefined}
        />
      )}
      {typing && live && <TouchKeyboard line={desktop.line} close={() => setTyping(false)} />}
    </main>
  );
}
