/** Branches a guest that runs. */
import { NumberInput, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { own } from "../../data/own-operations.ts";
import { guestPath } from "../../data/project.ts";
import { useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { tell } from "../../ui/notify.ts";

interface ForkProps {
  readonly guest: Schemas["Guest"];
  readonly opened: boolean;
  close(): void;
}

interface Made {
  readonly guests: readonly Schemas["Guest"][];
}

/** The most that one request may ask for. */
const most = 100;

export function Fork({ guest, opened, close }: ForkProps) {
  const text = useText();
  const [count, setCount] = useState(1);
  const [name, setName] = useState("");
  const { mutate, error, isPending } = useChange("guestFork", { quiet: true });
  /** Whoever forks from a console sees nothing of the new guest where he is. */
  function sayForked(guests: Made["guests"]): void {
    const [first] = guests;
    if (first)
      tell(
        text.actions.forked(guests.length, first.name),
        guests.length === 1 ? guestPath(first) : "/guests",
      );
  }
  function submit(): void {
    const body = { count, ...(name === "" ? {} : { name }) };
    mutate(
      { params: { guest: guest.id }, body },
      {
        onSuccess: (operation) => {
          close();
          own(operation, ({ result }) => sayForked((result as Made).guests));
        },
      },
    );
  }
  return (
    <Dialog opened={opened} onClose={close} title={text.actions.forkTitle(guest.name)} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Text size="sm" c="dimmed">
          {text.actions.forkHint}
        </Text>
        <TextInput
          mt="md"
          label={text.actions.forkName}
          description={text.actions.forkNameHint}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <NumberInput
          mt="md"
          label={text.actions.forkCount}
          min={1}
          max={most}
          value={count}
          onChange={(value) => setCount(Number(value) || 1)}
        />
        <FormEnd action={text.actions.fork} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}
