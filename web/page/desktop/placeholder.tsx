/** What is there as long as the desktop's own picture is not: its last one, greyed, and what is under way or came in between. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { hasCode, type ErrorCode } from "#contract/errors";
import { lastFrame } from "../../data/last-frame.ts";
import { useText } from "../../text/use-text.tsx";
import { Message } from "./message.tsx";
import { Refused } from "./refused.tsx";
import type { DesktopActions } from "./use-actions.ts";
import type { Desktop } from "./use-desktop.ts";
import style from "./show.module.css";

interface PlaceholderProps {
  readonly desktop: Desktop;
  readonly actions: DesktopActions;
  /** Its pool, as the address has it. */
  readonly pool: string;
  readonly title: string;
  readonly user: string;
  readonly kiosk: boolean;
}

export function Placeholder(props: PlaceholderProps) {
  const t = useText().desktops;
  const { desktop, actions, user, pool } = props;
  const { state, drawn } = desktop;
  if (actions.ending)
    return (
      <Meanwhile>
        <p className={style["calm"]}>{t.signingOff}</p>
      </Meanwhile>
    );
  if (drawn && state.is === "live") return null;
  if (drawn && state.is === "lost")
    return (
      <Meanwhile>
        <Away why={state.why} />
      </Meanwhile>
    );
  const picture = drawn ? undefined : lastFrame(user, pool);
  return (
    <div className={style["placeholder"]}>
      {picture !== undefined && <img src={picture} alt="" className={style["last"]} />}
      <div className={style["middle"]} role="status">
        <Words {...props} />
      </div>
    </div>
  );
}

/** Over the last picture, while something is under way. */
const Meanwhile = ({ children }: { readonly children: ReactNode }) => (
  <div className={style["placeholder"]} data-passes>
    <div role="status">{children}</div>
  </div>
);

/** It comes back by itself, and what is in the way of that. */
function Away({ why }: { readonly why: ErrorCode | undefined }) {
  const t = useText().desktops;
  if (why !== "desktop.not_recorded") return <p className={style["calm"]}>{t.comingBack}</p>;
  return <Message title={t.notRecorded} hint={t.notRecordedHint} />;
}

function Words({ desktop, actions, title, user, kiosk }: PlaceholderProps) {
  const text = useText();
  const t = text.desktops;
  const { state, policy, again } = desktop;
  const out = kiosk ? (
    <Button variant="default" onClick={actions.signOut}>
      {text.shell.signOut}
    </Button>
  ) : (
    <Button variant="default" onClick={actions.leave}>
      {t.toAll}
    </Button>
  );
  switch (state.is) {
    case "opening":
    case "live":
      return <p className={style["calm"]}>{t.opening(title)}</p>;
    case "lost":
      return <Away why={state.why} />;
    case "preparing":
      return (
        <Message title={t.preparing} hint={t.preparingHint}>
          {out}
        </Message>
      );
    case "over":
      return (
        <Refused error={state.error} title={title} user={user}>
          {!hasCode(state.error, "desktop_pool.closed") && (
            <Button onClick={() => again(true)}>{text.common.retry}</Button>
          )}
          {out}
        </Refused>
      );
    case "ended":
      return (
        <Message title={t.ended[state.why ?? "gone"]} hint={t.endedHints[state.why ?? "gone"]}>
          {state.why !== "hours" && (
            <Button onClick={() => again(true)}>
              {state.why === "taken-over" ? t.takeBack : t.openAgain}
            </Button>
          )}
          {state.why === "taken-over" && policy.share !== false && (
            <Button variant="default" onClick={() => again(false)}>
              {t.shareIt}
            </Button>
          )}
          {out}
        </Message>
      );
  }
}
