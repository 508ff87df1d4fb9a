/** What is there as long as the desktop's own picture is not: its last one, greyed, and what is under way or came in between. */
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { ErrorCode } from "#contract/errors";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import type { Desktop } from "./use-desktop.ts";
import style from "./show.module.css";

interface PlaceholderProps {
  readonly desktop: Desktop;
  /** The last picture that this tab has of it. */
  readonly picture: string | undefined;
  readonly title: string;
  readonly leave: (() => void) | undefined;
  readonly signOut: (() => void) | undefined;
}

export function Placeholder({ desktop, picture, title, leave, signOut }: PlaceholderProps) {
  return (
    <div className={style["placeholder"]}>
      {picture !== undefined && <img src={picture} alt="" className={style["last"]} />}
      <div className={style["middle"]} role="status">
        <Words desktop={desktop} title={title} leave={leave} signOut={signOut} />
      </div>
    </div>
  );
}

/** Over the last picture, while the page tries to come back. */
export function Lost({ why }: { readonly why: ErrorCode | undefined }) {
  return (
    <div className={style["placeholder"]} data-passes>
      <div role="status">
        <Away why={why} />
      </div>
    </div>
  );
}

/** It comes back by itself, and what is in the way of that. */
function Away({ why }: { readonly why: ErrorCode | undefined }) {
  const t = useText().desktops;
  if (why !== "desktop.not_recorded") return <p className={style["calm"]}>{t.comingBack}</p>;
  return <Message title={t.notRecorded} hint={t.notRecordedHint} />;
}

function Words({ desktop, title, leave, signOut }: Omit<PlaceholderProps, "picture">) {
  const text = useText();
  const t = text.desktops;
  const { state, policy, again } = desktop;
  const out = (
    <>
      {leave && (
        <Button variant="default" onClick={leave}>
          {t.toAll}
        </Button>
      )}
      {signOut && (
        <Button variant="default" onClick={signOut}>
          {text.shell.signOut}
        </Button>
      )}
    </>
  );
  switch (state.is) {
    case "opening":
    case "live":
      return <p className={style["calm"]}>{title}</p>;
    case "lost":
      return <Away why={state.why} />;
    case "preparing":
      return (
        <Message title={t.preparing} hint={state.progress ?? t.preparingHint}>
          {out}
        </Message>
      );
    case "over":
      return (
        <div className={style["card"]}>
          <h1>{title}</h1>
          <Failure error={state.error} retry={() => again(true)} />
          <div className={style["buttons"]}>{out}</div>
        </div>
      );
    case "ended":
      return (
        <Message title={t.ended[state.why ?? "gone"]} hint={t.endedHints[state.why ?? "gone"]}>
          <Button onClick={() => again(true)}>{state.why === "taken-over" ? t.takeBack : t.openAgain}</Button>
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

interface MessageProps {
  readonly title: string;
  readonly hint: string;
  readonly children?: ReactNode;
}

const Message = ({ title, hint, children }: MessageProps) => (
  <div className={style["card"]}>
    <h1>{title}</h1>
    <p className="soft">{hint}</p>
    {children && <div className={style["buttons"]}>{children}</div>}
  </div>
);
