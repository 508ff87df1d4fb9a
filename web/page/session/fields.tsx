/** What is asked of whoever comes in: the same at a sign-in and at a link. */
import { PasswordInput, TextInput } from "@mantine/core";
import { useText } from "../../text/use-text.tsx";

interface FieldProps {
  readonly value: string;
  change(value: string): void;
}

interface NameProps extends FieldProps {
  /** The account is known; password managers are told it all the same. */
  readonly fixed?: boolean;
}

export function NameInput({ value, change, fixed = false }: NameProps) {
  const t = useText().signIn;
  return (
    <TextInput
      required
      withAsterisk={false}
      readOnly={fixed}
      label={t.name}
      name="username"
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      autoFocus={!fixed}
    />
  );
}

interface PasswordProps extends FieldProps {
  /** The field's name, by which password managers know what it is. */
  readonly name: "password" | "new-password" | "new-password-again";
  readonly error?: string | undefined;
}

export function PasswordField({ value, change, name, error }: PasswordProps) {
  const t = useText().signIn;
  return (
    <PasswordInput
      required
      withAsterisk={false}
      label={name === "new-password-again" ? t.again : t.password}
      description={name === "new-password" ? t.passwordHint : undefined}
      name={name}
      autoComplete={name === "password" ? "current-password" : "new-password"}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      error={error}
    />
  );
}

export function CodeInput({ value, change }: FieldProps) {
  const t = useText().signIn;
  return (
    <TextInput
      required
      withAsterisk={false}
      label={t.code}
      description={t.codeHint}
      name="one-time-code"
      autoComplete="one-time-code"
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      autoFocus
    />
  );
}
