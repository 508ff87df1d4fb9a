/** Sends a guest to another host of the cluster; what stands in the way is looked for first. */
import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useHosts } from "../../data/hosts.ts";
import { own } from "../../data/own-operations.ts";
import { guestPath } from "../../data/project.ts";
import { useMayOnHost } from "../../data/session.tsx";
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
  const mayGoOutside = useMayOnHost("admin");
  // A host that stands alone says nothing of hosts.
  const none = guest.host === undefined || hosts?.length === 0;
  const [chosen, setTo] = useState("");
  const to = none ? outside : chosen;
  const [abroad, setAbroad] = useState(nowhere);
  const params = { guest: guest.id };
  const body = useMemo(() => bodyOf(to, abroad), [to, abroad]);
  const check = useChange("guestMoveCheck", { quiet: true });
  const { mutate: look, data: prospect, error, isPending } = check;
  const move = useChange("guestMove", { quiet: true });
  // Whatever is chosen is looked at anew, and what was found of another choice does not count.
  useEffect(() => {
    if (body) look({ params: { guest: guest.id }, body });
  }, [look, guest.id, body]);
  const found = isPending || !body ? undefined : prospect;
  function submit(): void {
    if (!body) return;
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
        {!none && (
          <NativeSelect
            label={t.to}
            data={[
              { value: "", label: t.choose },
              ...(hosts ?? []).map(({ name }) => ({ value: name, label: name })),
              ...(mayGoOutside ? [{ value: outside, label: t.outside }] : []),
            ]}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {to === outside && <Outside set={setAbroad} />}
        <div className={style["found"]} role="status">
          {isPending && <Loading rows={2} />}
          {found && <Prospect prospect={found} />}
        </div>
        {!isPending && error && body && <Failure error={error} retry={() => look({ params, body })} />}
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

/** A host's name has no slash. */
const outside = "/";

const nowhere = { token: "", name: "", project: "", networks: "" };
type Abroad = typeof nowhere;

/** What is asked for; undefined: it is not said yet where to. */
function bodyOf(to: string, { token, name, project, networks }: Abroad): Schemas["GuestMove"] | undefined {
  if (to === "") return {};
  if (to !== outside) return { to };
  if (token.trim() === "") return undefined;
  const pairs = networks
    .split("\n")
    .map((line) => line.trim().split("="))
    .filter((pair): pair is [string, string] => pair.length === 2);
  const wishes = {
    ...(name === "" ? {} : { name }),
    ...(project === "" ? {} : { project }),
    ...(pairs.length === 0 ? {} : { networks: Object.fromEntries(pairs) }),
  };
  return { token: token.trim(), wishes };
}

/** What is typed counts once it is left: each look asks the other host. */
function Outside({ set }: { set(change: (now: Abroad) => Abroad): void }) {
  const t = useText().move;
  const field = (name: keyof Abroad) => ({
    onBlur: (event: { readonly currentTarget: { readonly value: string } }) => {
      const { value } = event.currentTarget;
      set((now) => (now[name] === value ? now : { ...now, [name]: value }));
    },
  });
  return (
    <>
      <TextInput label={t.token} description={t.tokenHint} {...field("token")} data-autofocus />
      <TextInput label={t.nameThere} {...field("name")} />
      <TextInput label={t.projectThere} {...field("project")} />
      <Textarea label={t.networksThere} description={t.networksHint} rows={2} {...field("networks")} />
    </>
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
