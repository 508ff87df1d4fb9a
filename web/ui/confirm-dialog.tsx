/** The dialog of confirm.tsx. */
import { Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useText } from "../text/use-text.tsx";
import { FormEnd } from "./form-end.tsx";
import type { ConfirmProps, Question } from "./question.ts";
import { Dialog } from "./dialog.tsx";

export function ConfirmDialog({ question, close }: ConfirmProps) {
  return (
    <Dialog opened={question !== undefined} onClose={close} title={question?.title} size="sm">
      {question && <Ask key={question.title} question={question} close={close} />}
    </Dialog>
  );
}

function Ask({ question, close }: { readonly question: Question; close(): void }) {
  const text = useText();
  const [typed, setTyped] = useState("");
  const ready = question.name === undefined || typed.trim() === question.name;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        close();
        question.confirm();
      }}
    >
      <Text size="sm">{question.warning}</Text>
      {question.note !== undefined && (
        <Text size="sm" c="dimmed" mt="xs">
          {question.note}
        </Text>
      )}
      {question.name !== undefined && (
        <TextInput
          mt="md"
          label={text.common.typeName(question.name)}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
        />
      )}
      <FormEnd action={question.action} close={close} disabled={!ready} destroys />
    </form>
  );
}
