/** Where a one-time link leads: the first account, or a new password for one that there is. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Navigate, useNavigate } from "react-router";
import { hasCode, type LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { call } from "../../data/api.ts";
import { useChange } from "../../data/change.ts";
import { forgetCode, linkCode } from "../../data/link-code.ts";
import { useEnter } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { SessionCard } from "./card.tsx";
import { CodeInput, NameInput, PasswordField } from "./fields.tsx";

export function Welcome() {
  const t = useText().signIn;
  const [code] = useState(linkCode);
  const { data: link, error } = useQuery<Schemas["Link"], LodgeError>({
    queryKey: ["sessionLink", code],
    queryFn: () => call("sessionLink", { body: { code: code ?? "" } }),
    enabled: code !== undefined,
    retry: false,
  });
  if (code === undefined) return <Navigate to="/" replace />;
  if (error) {
    return (
      <SessionCard title={t.void}>
        <Failure error={error} />
      </SessionCard>
    );
  }
  const title = link?.purpose === "reset" ? t.resetTitle : t.welcome;
  return (
    <SessionCard title={title}>
      {link ? <Redeem code={code} link={link} /> : <Loading rows={2} />}
    </SessionCard>
  );
}

function Redeem({ code, link }: { readonly code: string; readonly link: Schemas["Link"] }) {
  const text = useText();
  const t = text.signIn;
  const navigate = useNavigate();
  const enter = useEnter();
  const [name, setName] = useState(link.user ?? "");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [factor, setFactor] = useState("");
  const { mutate, error, isPending } = useChange("sessionRedeem", { quiet: true });
  const differs = again !== "" && again !== password;
  const asksCode = error !== null && hasCode(error, "access.code_needed", "access.code_wrong");
  const begins = link.purpose === "new-admin";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (again !== password) return;
        const body = {
          code,
          password,
          ...(begins ? { name: name.trim() } : {}),
          ...(asksCode && factor !== "" ? { secondFactor: factor.trim() } : {}),
        };
        mutate(
          { body },
          {
            onSuccess: (identity) => {
              forgetCode();
              enter(identity);
              void navigate("/", { replace: true });
            },
          },
        );
      }}
    >
      <p className="soft">{begins ? t.welcomeHint : t.resetHint(link.user ?? "")}</p>
      <NameInput value={name} change={setName} fixed={!begins} />
      <PasswordField name="new-password" value={password} change={setPassword} />
      <PasswordField
        name="new-password-again"
        value={again}
        change={setAgain}
        error={differs ? t.differs : undefined}
      />
      {asksCode && <CodeInput value={factor} change={setFactor} />}
      {error && !hasCode(error, "access.code_needed") && <Failure error={error} />}
      <Button type="submit" size="sm" loading={isPending} disabled={differs}>
        {begins ? t.begin : t.submit}
      </Button>
    </form>
  );
}
