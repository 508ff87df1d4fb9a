/** Sends a guest to another host of the cluster; what stands in the way is looked for first. */
import { NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useHosts } from "../../data/hosts.ts";
import { own } from "../../data/own-operations.ts";
import { guestPath } from "../../data/project.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/failure.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Loading } from "../../ui/loading.tsx";
import { tell } from "../../ui/notify.ts";
import { Warning } from "../../ui/warning.tsx";
import style from "./move.module.css";

type Guest = Schemas["Guest"];

interface MoveProps {
  readonly guest: Guest;
  close(): void;
}

export function Move({ guest, close }: MoveProps) {
  const t = useText().move;
  const hosts = useHosts().data?.filter(
    ({ name, answers, witness }) => answers && !witness && name !== guest.host,
  );
  const [to, setTo] = useState("");
  const params = { guest: guest.id };
  const body = to === "" ? {} : { to };
  const check = useChange("guestMoveCheck", { quiet: true });
  const { mutate: look, data: prospect, error, isPending } = check;
  const move = useChange("guestMove", { quiet: true });
  // Whatever is chosen is looked at anew, and what was found of another choice does not count.
  useEffect(() => {
    look({ params: { guest: guest.id }, body: to === "" ? {} : { to } });
  }, [look, guest.id, to]);
  const found = isPending ? undefined : prospect;
  const none = hosts?.length === 0;
  function submit(): void {
    move.mutate(
      { params, body },
      {
        onSuccess(operation) {
          close();
          const there = found?.host ?? to;
          own(operation, () => tell(t.done(guest.name, there), guestPath(guest)));
        },
      },
    );
  }
  return (
    <Dialog opened onClose={close} title={t.title(guest.name)} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {none ? (
          <p>{t.noHosts}</p>
        ) : (
          <NativeSelect
            label={t.to}
            data={[
              { value: "", label: t.choose },
              ...(hosts ?? []).map(({ name }) => ({ value: name, label: name })),
            ]}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            data-autofocus
          />
        )}
        <div className={style["found"]} role="status">
          {isPending && <Loading rows={2} />}
          {found && <Prospect prospect={found} />}
        </div>
        {!isPending && error && !none && <Failure error={error} retry={() => look({ params, body })} />}
        <FormEnd
          action={t.action}
          close={close}
          error={move.error}
          pending={move.isPending}
          disabled={!found || found.blockers.length > 0}
        />
      </form>
    </Dialog>
  );
}

function Prospect({ prospect }: { readonly prospect: Schemas["MoveProspect"] }) {
  const { text, language } = useLanguage();
  const t = text.move;
  const { host, live, blockers, warnings } = prospect;
  return (
    <>
      {blockers.length === 0 ? (
        <p>
          <b>{t.ready(host)}</b> {live ? t.live : t.cold}{" "}
          {prospect.bytes > 0 && t.sends(bytes(prospect.bytes, language))}
        </p>
      ) : (
        <section aria-label={t.blocked(blockers.length, host)}>
          <h3 className={style["head"]}>{t.blocked(blockers.length, host)}</h3>
          <ul className={style["list"]}>
            {blockers.map(({ what, reason, fix }) => (
              <li key={`${what} ${reason}`}>
                {reason}
                <p className="soft">
                  {t.fix}: {fix}
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
      {warnings.map((line) => (
        <Warning key={line}>{line}</Warning>
      ))}
    </>
  );
}
