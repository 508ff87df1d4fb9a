/** Signs in with a name and a password; where there is no account yet, says how to come by the first. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useEnter } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Command, SessionCard } from "./card.tsx";

export function SignIn() {
  const text = useText();
  const t = text.signIn;
  const { data: options } = useRead("sessionOptions");
  if (options?.firstUse) {
    return (
      <SessionCard title={t.firstUse}>
        <p className="soft">
          {t.firstUseHint}
          <Command>lodge sign-in-link</Command>
        </p>
      </SessionCard>
    );
  }
  return (
    <SessionCard title={t.title}>
      <Form />
      <p className="soft">
        {t.forgot}
        <Command>lodge user reset NAME</Command>
      </p>
    </SessionCard>
  );
}

function Form() {
  const t = useText().signIn;
  const enter = useEnter();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { mutate, error, isPending } = useChange("sessionCreate", { quiet: true });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        mutate({ body: { name: name.trim(), password } }, { onSuccess: enter });
      }}
    >
      <TextInput
        required
        label={t.name}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        autoFocus
      />
      <PasswordInput
        required
        label={t.password}
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {error && <Failure error={error} />}
      <Button type="submit" size="sm" loading={isPending}>
        {t.submit}
      </Button>
    </form>
  );
}
