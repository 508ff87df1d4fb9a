/** Starts a guest whose host is lost with what its replica has, once what is missing there is known and accepted. */
import { Checkbox } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { guestPath } from "../../data/project.ts";
import { ago, moment } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { tell } from "../../ui/notify.ts";
import { useNow } from "../../ui/time.tsx";
import { Warning } from "../../ui/warning.tsx";

interface PromoteProps {
  readonly guest: Schemas["Guest"];
  close(): void;
}

export function Promote({ guest, close }: PromoteProps) {
  const { text, language } = useLanguage();
  const t = text.away;
  const { name, ha, replica } = guest;
  const [accepted, accept] = useState(false);
  const { mutate, error, isPending } = useChange("replicaPromote", { quiet: true });
  const now = useNow();
  // It came back meanwhile, or was started by itself.
  if (!replica) return null;
  const { state, syncedAt, host } = replica;
  const sure = ha !== undefined && state === "in-sync";
  const loses = (since: string) =>
    t.loses(name, moment(since, language), ago((now - Date.parse(since)) / 1000, language));
  const lost =
    syncedAt === undefined ? t.nothingWhole(host) : state === "in-sync" ? t.maybe(name) : loses(syncedAt);
  function submit(): void {
    mutate(
      { params: { replica: guest.id }, body: { acceptLoss: accepted } },
      {
        onSuccess(said) {
          close();
          tell(t.started(said.guest, said.host), guestPath(guest));
        },
      },
    );
  }
  return (
    <Dialog opened onClose={close} title={t.title(name)} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p>{t.hint(guest.host ?? "", host)}</p>
        <div style={{ marginTop: 12 }}>{sure ? <p>{t.inSync(name)}</p> : <Warning>{lost}</Warning>}</div>
        {!sure && syncedAt !== undefined && (
          <>
            <p className="soft" style={{ marginTop: 12 }}>
              {t.keeps(guest.host ?? "")}
            </p>
            <Checkbox
              mt="md"
              label={t.accept}
              checked={accepted}
              onChange={(event) => accept(event.currentTarget.checked)}
            />
          </>
        )}
        {!ha && (
          <p className="soft" style={{ marginTop: 12 }}>
            {t.off(guest.host ?? "")}
          </p>
        )}
        <FormEnd
          action={t.start(host)}
          close={close}
          error={error}
          pending={isPending}
          disabled={!sure && !accepted}
          destroys={!sure}
        />
      </form>
    </Dialog>
  );
}
