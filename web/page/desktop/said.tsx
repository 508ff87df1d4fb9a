/** What the desktop line says, over the picture: warnings that count down, messages, who asks to look on, and who does. */
import { Button } from "@mantine/core";
import { IconEye, IconPlayerRecordFilled } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import type { Announced } from "#contract/schema/desktop";
import { clockTime, dayAndTime } from "../../text/soon.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import type { Desktop } from "./use-desktop.ts";
import style from "./said.module.css";

export function SaidCards({ desktop }: { readonly desktop: Desktop }) {
  const { text, language } = useLanguage();
  const t = text.desktops;
  const { said, answer, present, read, readReplaced, open } = desktop;
  const { announced, asked, messages, shadowed, recorded, replaces } = said;
  return (
    <div className={style["said"]} data-said>
      {announced && <Warning announced={announced} present={present} />}
      {asked && (
        <Card title={t.asksToLook(asked.by, asked.control)} hint={t.asksHint(asked.control)}>
          <Button onClick={() => answer(true)}>{t.allow}</Button>
          <Button variant="default" onClick={() => answer(false)}>
            {t.refuse}
          </Button>
        </Card>
      )}
      {replaces && (
        <Card
          title={t.replaced}
          hint={t.replacedHint(replaces.host, replaces.since && dayAndTime(replaces.since, language))}
        >
          <Button variant="default" onClick={readReplaced}>
            {text.common.close}
          </Button>
        </Card>
      )}
      {messages.map((message) => (
        <Card
          key={`${message.at} ${message.text}`}
          title={t.messageFrom(message.from, clockTime(message.at, language))}
          hint={message.text}
        >
          <Button variant="default" onClick={() => read(message)}>
            {text.common.close}
          </Button>
        </Card>
      ))}
      {shadowed.map(({ user, control }) => (
        <p key={user} className={style["mark"]} role="status">
          <IconEye size={14} aria-hidden />
          {t.looksOn(user, control)}
          <Button size="compact-xs" variant="default" onClick={() => open.current?.endShadow()}>
            {t.endShadow}
          </Button>
        </p>
      ))}
      {recorded && (
        <p className={style["mark"]} role="status">
          <IconPlayerRecordFilled size={12} aria-hidden className={style["red"]} />
          {t.recorded}
        </p>
      )}
    </div>
  );
}

interface CardProps {
  readonly title: string;
  readonly hint: string;
  readonly children: ReactNode;
}

const Card = ({ title, hint, children }: CardProps) => (
  <section className={style["card"]} role="alert">
    <h2>{title}</h2>
    <p>{hint}</p>
    <div className={style["buttons"]}>{children}</div>
  </section>
);

/** What can be held off by being there; the rest comes as it is said. */
const avoidable = new Set<Announced["why"]>(["idle"]);

function Warning({ announced, present }: { readonly announced: Announced; present(): void }) {
  const t = useText().desktops;
  const left = useSecondsTo(announced.at);
  const { what, why } = announced;
  return (
    <section className={style["card"]} data-warning role="alert">
      <h2>{t.why[why]}</h2>
      <p>
        {t.what[what]} <b className="number">{t.inSeconds(left)}</b>
      </p>
      {avoidable.has(why) && (
        <div className={style["buttons"]}>
          <Button onClick={present}>{t.stillHere}</Button>
        </div>
      )}
    </section>
  );
}

/** Whole seconds until then, counted down. */
function useSecondsTo(at: string): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [at]);
  return Math.max(0, Math.ceil((Date.parse(at) - now) / 1000));
}
