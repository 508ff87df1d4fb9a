/** Taking a snapshot, going back to one, making a guest of one, and saying what one is for. */
import { Checkbox, Text, TextInput, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

type Guest = Schemas["Guest"];
type Snapshot = Schemas["Snapshot"];

interface Props {
  readonly guest: Guest;
  close(): void;
}

type WithSnapshot = Props & { readonly snapshot: Snapshot };

const submits = (work: () => void) => (event: FormEvent) => {
  event.preventDefault();
  work();
};

const hasMemory = ({ state }: Guest): boolean => ["running", "paused", "suspended"].includes(state);

interface Said {
  readonly name: string;
  readonly description: string;
}

interface WordsProps {
  readonly words: Said;
  readonly hint?: string;
  change(words: Said): void;
}

/** What a snapshot is called, and what it is for. */
function Words({ words, hint, change }: WordsProps) {
  const t = useText().snapshots;
  return (
    <>
      <TextInput
        label={t.name}
        description={hint}
        value={words.name}
        onChange={(event) => change({ ...words, name: event.currentTarget.value })}
        spellCheck={false}
        data-autofocus
      />
      <Textarea
        mt="md"
        label={t.description}
        value={words.description}
        maxLength={1000}
        onChange={(event) => change({ ...words, description: event.currentTarget.value })}
      />
    </>
  );
}

export function TakeSnapshot({ guest, close }: Props) {
  const text = useText();
  const t = text.snapshots;
  const [words, setWords] = useState({ name: "", description: "" });
  const { name, description } = words;
  const [memory, setMemory] = useState(false);
  const { mutate, error, isPending } = useChange("snapshotCreate", { quiet: true });
  const body = { ...(name === "" ? {} : { name }), description, memory };
  const submit = () => mutate({ params: { guest: guest.id }, body }, { onSuccess: close });
  return (
    <Dialog opened onClose={close} title={t.takeTitle(guest.name)} size="sm">
      <form onSubmit={submits(submit)}>
        <Words words={words} change={setWords} hint={t.nameHint} />
        <Checkbox
          mt="md"
          label={t.withMemory}
          description={hasMemory(guest) ? t.withMemoryHint : t.noMemory}
          disabled={!hasMemory(guest)}
          checked={memory}
          onChange={(event) => setMemory(event.currentTarget.checked)}
        />
        <FormEnd action={t.take} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}

export function RestoreSnapshot({ guest, snapshot, close }: WithSnapshot) {
  const text = useText();
  const t = text.snapshots;
  const [typed, setTyped] = useState("");
  const [keep, setKeep] = useState(true);
  const [memory, setMemory] = useState(snapshot.kind === "memory");
  const { mutate, error, isPending } = useChange("snapshotRestore", { quiet: true });
  const runs = guest.state === "running" || guest.state === "paused";
  const ready = typed.trim() === snapshot.name;
  const params = { guest: guest.id, snapshot: snapshot.id };
  const submit = () => {
    if (ready) mutate({ params, body: { force: true, memory, keep } }, { onSuccess: close });
  };
  return (
    <Dialog opened onClose={close} title={t.restoreTitle(guest.name, snapshot.name)} size="sm">
      <form onSubmit={submits(submit)}>
        <Text size="sm">{runs ? t.restoreRunning : t.restoreWarning}</Text>
        <Checkbox
          mt="md"
          label={t.keep}
          description={t.keepHint}
          checked={keep}
          onChange={(event) => setKeep(event.currentTarget.checked)}
        />
        {snapshot.kind === "memory" && (
          <Checkbox
            mt="md"
            label={t.goOn}
            description={t.goOnHint}
            checked={memory}
            onChange={(event) => setMemory(event.currentTarget.checked)}
          />
        )}
        <TextInput
          mt="md"
          label={text.common.typeName(snapshot.name)}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
        <FormEnd
          action={t.restore}
          close={close}
          error={error}
          pending={isPending}
          disabled={!ready}
          destroys
        />
      </form>
    </Dialog>
  );
}

export function ForkSnapshot({ guest, snapshot, close }: WithSnapshot) {
  const text = useText();
  const t = text.snapshots;
  const [name, setName] = useState("");
  const [memory, setMemory] = useState(snapshot.kind === "memory");
  const { mutate, error, isPending } = useChange("snapshotFork", { quiet: true });
  const params = { guest: guest.id, snapshot: snapshot.id };
  const submit = () =>
    mutate({ params, body: { memory, ...(name === "" ? {} : { name }) } }, { onSuccess: close });
  return (
    <Dialog opened onClose={close} title={t.forkTitle(snapshot.name)} size="sm">
      <form onSubmit={submits(submit)}>
        <Text size="sm" c="dimmed">
          {t.forkHint}
        </Text>
        <TextInput
          mt="md"
          label={text.actions.forkName}
          description={text.actions.forkNameHint}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          spellCheck={false}
          data-autofocus
        />
        {snapshot.kind === "memory" && (
          <Checkbox
            mt="md"
            label={t.goOn}
            description={t.goOnHint}
            checked={memory}
            onChange={(event) => setMemory(event.currentTarget.checked)}
          />
        )}
        <FormEnd action={t.fork} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}

export function EditSnapshot({ guest, snapshot, close }: WithSnapshot) {
  const t = useText().snapshots;
  const [words, setWords] = useState({ name: snapshot.name, description: snapshot.description });
  const { mutate, error, isPending } = useChange("snapshotUpdate", { quiet: true });
  const params = { guest: guest.id, snapshot: snapshot.id };
  const submit = () => mutate({ params, body: words }, { onSuccess: close });
  return (
    <Dialog opened onClose={close} title={t.editTitle(snapshot.name)} size="sm">
      <form onSubmit={submits(submit)}>
        <Words words={words} change={setWords} />
        <FormEnd
          action={t.save}
          close={close}
          error={error}
          pending={isPending}
          disabled={words.name === ""}
        />
      </form>
    </Dialog>
  );
}
