/** Branches a guest that runs. */
import { NumberInput, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { Dialog } from "../../ui/dialog.tsx";

interface ForkProps {
  readonly guest: Schemas["Guest"];
  readonly opened: boolean;
  close(): void;
}

/** The most that one request may ask for. */
const most = 100;

export function Fork({ guest, opened, close }: ForkProps) {
  const text = useText();
  const [count, setCount] = useState(1);
  const [name, setName] = useState("");
  const { mutate, error, isPending } = useChange("guestFork", { quiet: true });
  function submit(): void {
    const body = { count, ...(name === "" ? {} : { name }) };
    mutate({ params: { guest: guest.id }, body }, { onSuccess: close });
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
