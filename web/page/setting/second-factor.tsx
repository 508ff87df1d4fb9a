/** An authenticator app for one's account: its secret, its first code, and the codes for paper. */
import { Button, Group, PasswordInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { hasCode } from "#contract/errors";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Card, Section } from "../../ui/page.tsx";
import { Secret } from "../../ui/secret.tsx";
import formStyle from "../image/get.module.css";
import { Command } from "../session/card.tsx";
import { CodeInput } from "../session/fields.tsx";

export function SecondFactor() {
  const t = useText().settings;
  const queries = useQueryClient();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [codes, setCodes] = useState<readonly string[]>();
  const begin = useChange("totpBegin", { quiet: true });
  const confirm = useChange("totpConfirm", { quiet: true });
  const remove = useChange("totpRemove", { quiet: true });
  const there = begin.error !== null && hasCode(begin.error, "access.factor_there");
  const error = confirm.error ?? remove.error ?? (there ? null : begin.error);
  function start(): void {
    begin.mutate({ body: { password } }, { onSuccess: () => setPassword("") });
  }
  function finish(): void {
    confirm.mutate(
      { body: { code: code.trim() } },
      {
        onSuccess: (made) => {
          begin.reset();
          setCode("");
          setCodes(made.codes);
          void queries.invalidateQueries({ queryKey: ["userList"] });
        },
      },
    );
  }
  return (
    <Section title={t.factor} hint={t.factorHint}>
      <Card>
        <form
          className={formStyle["form"]}
          onSubmit={(event) => {
            event.preventDefault();
            if (begin.data) finish();
            else start();
          }}
        >
          {begin.data ? (
            <>
              <div>
                {t.factorSecret}
                <Command>{begin.data.secret}</Command>
              </div>
              <CodeInput value={code} change={setCode} />
            </>
          ) : (
            <PasswordInput
              required
              withAsterisk={false}
              label={t.current}
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          )}
          {there && <p>{t.factorThere}</p>}
          {error && <Failure error={error} />}
          <Group gap="xs">
            <Button type="submit" variant="default" loading={begin.isPending || confirm.isPending}>
              {begin.data ? t.factorConfirm : t.factorBegin}
            </Button>
            {there && (
              <Button
                variant="default"
                loading={remove.isPending}
                onClick={() =>
                  remove.mutate(
                    { body: { password } },
                    {
                      onSuccess: () => {
                        begin.reset();
                        setPassword("");
                      },
                    },
                  )
                }
              >
                {t.factorRemove}
              </Button>
            )}
          </Group>
        </form>
      </Card>
      <Secret
        title={t.factorCodes}
        hint={t.factorCodesHint}
        secret={codes?.join("\n")}
        close={() => setCodes(undefined)}
      />
    </Section>
  );
}
