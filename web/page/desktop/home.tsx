/** Over the picture as long as the user's own files are not there: nobody's keys count until then. */
import { Button } from "@mantine/core";
import type { Desktop } from "#contract/schema/desktop";
import { useText } from "../../text/use-text.tsx";
import { Message } from "./message.tsx";
import { refusalOf } from "./refused.tsx";
import style from "./show.module.css";

interface HomeProps {
  readonly home: Desktop["home"];
  readonly user: string;
  /** Asks for the desktop anew, and with it for them. */
  again(): void;
}

export function HomeCard({ home, user, again }: HomeProps) {
  const text = useText();
  const t = text.desktops.home;
  if (!home || home.state === "there") return null;
  const failed = home.state === "failed";
  const refusal = refusalOf(home.code ?? "");
  const why = refusal
    ? text.desktops.refusals[refusal].hint(user)
    : `${home.message ?? ""} ${home.hint ?? ""}`;
  return (
    <div className={style["veil"]} role="status">
      <Message title={failed ? t.failed : t.coming} hint={failed ? why : t.comingHint}>
        {failed && <Button onClick={again}>{text.common.retry}</Button>}
      </Message>
    </div>
  );
}
