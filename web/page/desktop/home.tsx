/** Over the picture as long as the user's own files are not there: nobody's keys count until then. */
import { Button } from "@mantine/core";
import type { Desktop } from "#contract/schema/desktop";
import { useText } from "../../text/use-text.tsx";
import style from "./show.module.css";

interface HomeProps {
  readonly home: Desktop["home"];
  /** Asks for the desktop anew, and with it for them. */
  again(): void;
}

export function HomeCard({ home, again }: HomeProps) {
  const text = useText();
  const t = text.desktops.home;
  if (!home || home.state === "there") return null;
  const failed = home.state === "failed";
  return (
    <div className={style["veil"]} role="status">
      <div className={style["card"]}>
        <h1>{failed ? t.failed : t.coming}</h1>
        <p className="soft">{failed ? `${home.message ?? ""} ${home.hint ?? ""}` : t.comingHint}</p>
        {failed && (
          <div className={style["buttons"]}>
            <Button onClick={again}>{text.common.retry}</Button>
          </div>
        )}
      </div>
    </div>
  );
}
