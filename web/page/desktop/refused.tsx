/**
 * Why somebody has no desktop just now, in words for him: the catalogue's are for whoever looks after Lodge, and name its
 * commands. What is not here is told as everywhere else.
 */
import type { ReactNode } from "react";
import type { ErrorCode, LodgeError } from "#contract/errors";
import { soon } from "../../text/soon.ts";
import type { Messages } from "../../text/en.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Message } from "./message.tsx";

type Refusals = Messages["desktops"]["refusals"];

/** Which words each code has. */
const named: Partial<Record<ErrorCode, keyof Refusals>> = {
  "desktop_pool.not_found": "unknown",
  "desktop_pool.closed": "closed",
  "desktop_pool.full": "full",
  "desktop.lost": "lost",
  "desktop.home_held": "homeHeld",
  "desktop.home_away": "homeAway",
  "console.no_display": "off",
};

export const refusalOf = (code: string): keyof Refusals | undefined => named[code as ErrorCode];

interface RefusedProps {
  readonly error: LodgeError;
  readonly title: string;
  readonly user: string;
  readonly children: ReactNode;
}

export function Refused({ error, title, user, children }: RefusedProps) {
  const { text, language } = useLanguage();
  const name = refusalOf(error.code);
  if (name === undefined)
    return (
      <Message title={title} hint={<Failure error={error} />}>
        {children}
      </Message>
    );
  const t = text.desktops.refusals[name];
  const opens = String(error.params["opens"] ?? "");
  const at = Number.isNaN(Date.parse(opens)) ? undefined : soon(opens, language);
  return (
    <Message title={t.title(title)} hint={t.hint(name === "closed" ? (at ?? "") : user)}>
      {children}
    </Message>
  );
}
