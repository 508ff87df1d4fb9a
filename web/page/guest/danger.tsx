/** What changes a guest for good. */
import { Button, Group, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useAct } from "../../data/act.ts";
import { useChange } from "../../data/change.ts";
import { guestActions, may, statesFor, type Action } from "../../data/guest-action.ts";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { Failure } from "../../ui/failure.tsx";
import style from "./danger.module.css";
import { questionFor } from "./question.ts";

type Guest = Schemas["Guest"];

export function Danger({ guest }: { readonly guest: Guest }) {
  const text = useText();
  return (
    <div className={style["acts"]}>
      <Act title={text.guest.dangerRename} hint={text.guest.dangerRenameHint}>
        <Rename key={guest.name} guest={guest} />
      </Act>
      <Act title={text.guest.dangerForce} hint={text.guest.dangerForceHint}>
        <Destroy guest={guest} name="forceStop" />
      </Act>
      <Act title={text.guest.dangerDelete} hint={text.guest.dangerDeleteHint}>
        <Destroy guest={guest} name="delete" />
      </Act>
    </div>
  );
}

interface ActProps {
  readonly title: string;
  readonly hint: string;
  readonly children: ReactNode;
}

const Act = ({ title, hint, children }: ActProps) => (
  <section className={style["act"]} aria-label={title}>
    <div>
      <h2>{title}</h2>
      <p className="soft">{hint}</p>
    </div>
    {children}
  </section>
);

function Rename({ guest }: { readonly guest: Guest }) {
  const text = useText();
  const navigate = useNavigate();
  const [name, setName] = useState(guest.name);
  const { mutate, error, isPending } = useChange("guestUpdate", { quiet: true });
  const ready = name !== guest.name && name !== "";
  return (
    <form
      className={style["rename"]}
      onSubmit={(event) => {
        event.preventDefault();
        const done = { onSuccess: () => void navigate(`/guests/${name}/danger`, { replace: true }) };
        if (ready) mutate({ params: { guest: guest.id }, body: { name } }, done);
      }}
    >
      <Group gap="xs" wrap="nowrap" mb={error ? "sm" : 0}>
        <TextInput
          aria-label={text.actions.newName}
          size="xs"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          spellCheck={false}
        />
        <Button type="submit" variant="default" disabled={!ready} loading={isPending}>
          {text.actions.rename}
        </Button>
      </Group>
      {error && <Failure error={error} />}
    </form>
  );
}

function Destroy({ guest, name }: { readonly guest: Guest; readonly name: Action["name"] }) {
  const text = useText();
  const act = useAct();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Question>();
  const action = guestActions.find((each) => each.name === name);
  if (!action) return null;
  const allowed = may(action.needs, guest);
  const run = () =>
    void act(action, [guest]).then(() => (name === "delete" ? navigate("/guests") : undefined));
  return (
    <div>
      <Button
        variant="default"
        {...(name === "delete" && allowed ? { c: "var(--bad)" } : {})}
        disabled={!allowed}
        {...(allowed ? {} : { title: text.actions.notIn(text.actions[name], statesFor(action.needs, text)) })}
        onClick={() => setAsked(questionFor(text, action, [guest], run))}
      >
        {text.actions[name]}
      </Button>
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </div>
  );
}
