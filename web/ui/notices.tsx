/** The corner where notices stand. */
import { CloseButton } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { Link } from "react-router";
import { useText } from "../text/use-text.tsx";
import style from "./notices.module.css";
import { currentNotices, dismiss, onNotices } from "./notify.ts";

export function Notices() {
  const text = useText();
  const notices = useSyncExternalStore(onNotices, currentNotices);
  return (
    <div className={style["notices"]} role="log" aria-live="polite" aria-label={text.shell.notices}>
      {notices.map(({ id, message, hint, kind, to, failed }) => (
        <div key={id} className={failed ? `${style["notice"]} ${style["failed"]}` : style["notice"]}>
          <div>
            {kind !== undefined && <p className="soft">{text.operations.kinds[kind] ?? kind}</p>}
            <p className={style["message"]}>
              {to === undefined ? (
                message
              ) : (
                <Link to={to} onClick={() => dismiss(id)}>
                  {message}
                </Link>
              )}
            </p>
            {hint !== undefined && <p className="soft">{hint}</p>}
          </div>
          <CloseButton size="sm" aria-label={text.common.close} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
