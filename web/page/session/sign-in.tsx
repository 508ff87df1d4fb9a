/** Signs in; where there is no account yet, says how to come by the first. */
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useMatch } from "react-router";
import { hasCode, type LodgeError } from "#contract/errors";
import { errorOf } from "../../data/api.ts";
import { useChange } from "../../data/change.ts";
import { enterWithPasskey, hasPasskeys } from "../../data/passkey.ts";
import { enterWithProvider, goToProvider, isBack } from "../../data/provider.ts";
import { useRead } from "../../data/query.ts";
import { useEnter, type Identity } from "../../data/session.tsx";
import { whenIdle } from "../../later.ts";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { desktopPage } from "../desktop/pages.ts";
import { Command, SessionCard } from "./card.tsx";
import { CodeInput, NameInput, PasswordField } from "./fields.tsx";

export function SignIn() {
  const text = useText();
  const t = text.signIn;
  const { data: options } = useRead("sessionOptions");
  const desktop = useMatch("/desktops/:pool")?.params.pool;
  // While the password is typed the way to the desktop is fetched.
  useEffect(() => (desktop === undefined ? undefined : whenIdle([desktopPage])), [desktop]);
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
      {desktop !== undefined && <p className="soft">{t.toDesktop(desktop)}</p>}
      <Form />
      <OtherWays providers={options?.providers ?? []} />
      <details className="soft">
        <summary>{t.forgot}</summary>
        {t.forgotHint}
        <Command>lodge user reset NAME</Command>
      </details>
    </SessionCard>
  );
}

function Form() {
  const t = useText().signIn;
  const enter = useEnter();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asksCode, setAsksCode] = useState(false);
  const { mutate, error, isPending } = useChange("sessionCreate", { quiet: true });
  function submit(): void {
    const factor = asksCode ? { code: code.trim() } : {};
    mutate(
      { body: { name: name.trim(), password, ...factor } },
      {
        onSuccess: enter,
        onError: (failed) => {
          if (hasCode(failed, "access.code_needed")) setAsksCode(true);
          setCode("");
        },
      },
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <NameInput value={name} change={setName} />
      <PasswordField name="password" value={password} change={setPassword} />
      {asksCode && <CodeInput value={code} change={setCode} />}
      {error && !hasCode(error, "access.code_needed") && <Failure error={error} />}
      <Button type="submit" size="sm" loading={isPending}>
        {t.submit}
      </Button>
    </form>
  );
}

interface WaysProps {
  readonly providers: readonly { readonly name: string; readonly title: string }[];
}

/** Without a password: a passkey, or an account elsewhere. */
function OtherWays({ providers }: WaysProps) {
  const t = useText().signIn;
  const enter = useEnter();
  const { mutate, error, isPending } = useMutation<
    Identity | undefined,
    LodgeError,
    () => Promise<Identity | undefined>
  >({
    mutationFn: async (way) => {
      try {
        return await way();
      } catch (failed) {
        throw errorOf(failed);
      }
    },
    onSuccess: (identity) => identity && enter(identity),
  });
  useEffect(() => {
    if (isBack()) mutate(enterWithProvider);
  }, [mutate]);
  return (
    <>
      {hasPasskeys() && (
        <Button variant="default" size="sm" loading={isPending} onClick={() => mutate(enterWithPasskey)}>
          {t.passkey}
        </Button>
      )}
      {providers.map(({ name, title }) => (
        <Button
          key={name}
          variant="default"
          size="sm"
          loading={isPending}
          onClick={() => mutate(() => goToProvider(name).then(() => undefined))}
        >
          {t.provider(title)}
        </Button>
      ))}
      {error && <Failure error={error} />}
    </>
  );
}
