/** Of a guest that is somebody's desktop: an admin says why before he gets into it or copies it, and for this page alone. */
import { Button, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { allows, roleIn } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { usual } from "../../data/api.ts";
import { useSession } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Warning } from "../../ui/warning.tsx";
import style from "./reach-in.module.css";

/** Characters of a reason. */
const longest = 200;

export function ReachIn({ guest }: { readonly guest: Schemas["Guest"] }) {
  const t = useText().desktopPools;
  const { data: session } = useSession();
  const [reason, setReason] = useState("");
  const [said, setSaid] = useState(false);
  useEffect(
    () => () => {
      usual.reason = undefined;
    },
    [],
  );
  if (!session || !allows(roleIn(session, guest.project), "admin")) return null;
  function say(why: string | undefined): void {
    usual.reason = why;
    setSaid(why !== undefined);
  }
  if (said)
    return (
      <Warning>
        <p>{t.saidWhy(reason.trim())}</p>
        <Button variant="default" mt="xs" onClick={() => say(undefined)}>
          {t.sayElse}
        </Button>
      </Warning>
    );
  return (
    <Warning>
      <p>{t.reachIn}</p>
      <form
        className={style["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() !== "") say(reason.trim());
        }}
      >
        <TextInput
          aria-label={t.why}
          placeholder={t.whyFor}
          maxLength={longest}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={reason.trim() === ""}>
          {t.sayWhy}
        </Button>
      </form>
    </Warning>
  );
}
