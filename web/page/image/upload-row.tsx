/** One file that is being sent: how far it is, what it becomes, and the import that follows, all in one place. */
import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconX } from "@tabler/icons-react";
import { useId, useState } from "react";
import { Link } from "react-router";
import { hasEnded, type Operation } from "#contract/operation";
import { LodgeError } from "#contract/errors";
import { imageNamePattern } from "#contract/image-name";
import { errorOf } from "../../data/api.ts";
import { progressOf, useOperations } from "../../data/operations.ts";
import { changeWish, discard, goOn, offsetOf, pause, type Sending, type Wish } from "../../data/uploads.ts";
import { bytes, span } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Meter } from "../../ui/meter.tsx";
import { tellFailure } from "../../ui/notify.ts";
import { Card } from "../../ui/page.tsx";
import style from "./upload.module.css";

export function UploadRow({ sending }: { readonly sending: Sending }) {
  const t = useText().uploads;
  const { file, kind, wish, state } = sending;
  const operations = useOperations().data;
  const operation =
    state.is === "importing" ? operations?.find(({ id }) => id === state.operation) : undefined;
  const [changing, setChanging] = useState(false);
  const fields = useId();
  const error = errorIn(sending, operation);
  // Another name or digest can be tried, also where the import has failed; a file that is none stays one.
  const open = (state.is !== "importing" || operation?.error !== undefined) && kind !== undefined;
  return (
    <Card>
      <div className={style["row"]}>
        <div className={style["head"]}>
          <b className={style["name"]}>{file.name}</b>
          {kind && <span className="soft">{t.kinds[kind]}</span>}
          {kind && (
            <span className={style["name"]}>
              <span className="soft">{t.becomes}</span> {wish.name}
            </span>
          )}
          {open && (
            <Button
              variant="subtle"
              size="compact-xs"
              aria-expanded={changing}
              aria-controls={fields}
              aria-label={t.changeOf(file.name)}
              onClick={() => setChanging(!changing)}
            >
              {t.change}
            </Button>
          )}
          <Actions sending={sending} operation={operation} />
        </div>
        <div id={fields} hidden={!open || !changing}>
          {open && changing && <WishFields sending={sending} />}
        </div>
        {kind && operation?.status !== "succeeded" && (
          <Meter label={file.name} share={shareOf(sending, operation)} busy />
        )}
        <Said sending={sending} operation={operation} />
        {error && <Failure error={error} {...(kind ? { retry: () => goOn(sending.key) } : {})} />}
      </div>
    </Card>
  );
}

function errorIn({ state }: Sending, operation: Operation | undefined): LodgeError | undefined {
  if (state.is === "failed") return state.error;
  return operation?.error && LodgeError.fromProblem(operation.error);
}

function shareOf({ state, file }: Sending, operation: Operation | undefined): number {
  if (state.is === "importing") return operation ? progressOf(operation) : 0;
  return (offsetOf(state) ?? 0) / file.size;
}

interface Shown {
  readonly sending: Sending;
  readonly operation: Operation | undefined;
}

function Actions({ sending, operation }: Shown) {
  const text = useText();
  const t = text.uploads;
  const { key, file, wish, state } = sending;
  const done = operation?.status === "succeeded";
  const act = (label: string, icon: React.ReactNode, on: () => void) => (
    <ActionIcon variant="subtle" color="gray" aria-label={t.of(label, file.name)} title={label} onClick={on}>
      {icon}
    </ActionIcon>
  );
  const away = () => void discard(key).catch((error: unknown) => tellFailure(errorOf(error)));
  return (
    <div className={style["actions"]}>
      {done && (
        <Button variant="default" component={Link} to={`/guests/new?image=${encodeURIComponent(wish.name)}`}>
          {t.use}
        </Button>
      )}
      {(state.is === "sending" || state.is === "queued") &&
        act(t.pause, <IconPlayerPause size={16} />, () => pause(key))}
      {state.is === "paused" && act(t.goOn, <IconPlayerPlay size={16} />, () => goOn(key))}
      {(state.is !== "importing" || (operation && hasEnded(operation))) &&
        act(done ? t.clear : t.discard, <IconX size={16} />, away)}
    </div>
  );
}

/** Where it stands, in words. */
function Said({ sending, operation }: Shown) {
  const { text, language } = useLanguage();
  const t = text.uploads;
  const { file, state, wish } = sending;
  const there = t.there(bytes(offsetOf(state) ?? 0, language), bytes(file.size, language));
  const [first, second] = ((): readonly [string, (string | undefined)?] => {
    switch (state.is) {
      case "queued":
        return [bytes(file.size, language), t.queued];
      case "sending": {
        if (state.offset === undefined) return [bytes(file.size, language), t.looking];
        if (state.waiting) return [there, t.lost];
        if (state.offset === file.size) return [there, t.whole];
        if (state.speed === undefined) return [there];
        const left = span(Math.max(1, Math.ceil((file.size - state.offset) / state.speed)) * 1000, language);
        return [there, `${t.speed(bytes(state.speed, language))} · ${t.left(left)}`];
      }
      case "paused":
        return [there, t.paused];
      case "failed":
        return [there];
      case "importing":
        if (operation?.status === "succeeded") return [t.done(wish.name)];
        return [t.importing, operation?.progress.message];
    }
  })();
  return (
    <p className={`soft number ${style["facts"]}`}>
      <span>{first}</span>
      {second !== undefined && second !== "" && <span>{second}</span>}
    </p>
  );
}

function WishFields({ sending }: { readonly sending: Sending }) {
  const text = useText();
  const t = text.uploads;
  const { key, wish } = sending;
  const sum = wish.sha256;
  return (
    <div className={style["wish"]}>
      <TextInput
        size="xs"
        label={text.common.name}
        value={wish.name}
        error={imageNamePattern.test(wish.name) ? undefined : t.badName}
        onChange={(event) => changeWish(key, { name: event.currentTarget.value })}
        spellCheck={false}
      />
      <Select
        size="xs"
        label={text.images.agent}
        allowDeselect={false}
        data={(["none", "qemu", "lodge"] as const).map((value) => ({
          value,
          label: text.images.agents[value],
        }))}
        value={wish.agent}
        onChange={(value) => changeWish(key, { agent: value as Wish["agent"] })}
      />
      <TextInput
        size="xs"
        label={text.images.sha256}
        placeholder={t.badSum}
        value={sum}
        error={sum === "" || /^[0-9a-f]{64}$/.test(sum) ? undefined : t.badSum}
        onChange={(event) => changeWish(key, { sha256: event.currentTarget.value.trim().toLowerCase() })}
        spellCheck={false}
        classNames={{ input: "mono" }}
      />
    </div>
  );
}
