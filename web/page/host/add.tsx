/** Makes a token with which one host joins, and the command to type there. */
import { Button, CopyButton, Group } from "@mantine/core";
import { useEffect } from "react";
import { useChange } from "../../data/change.ts";
import { moment } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import style from "../session/card.module.css";

export function AddHost({ close }: { close(): void }) {
  const { text, language } = useLanguage();
  const t = text.cluster;
  const { mutate, data, error } = useChange("clusterToken", { quiet: true });
  useEffect(() => mutate({ body: {} }), [mutate]);
  const command = data && `lodge cluster join ${data.token}`;
  return (
    <Dialog opened onClose={close} title={t.addTitle} closeOnClickOutside={false} size="lg">
      <p>{t.addHint}</p>
      {error && <Failure error={error} retry={() => mutate({ body: {} })} />}
      {!data && !error && <Loading rows={2} />}
      {data && (
        <>
          <code
            className={`mono ${style["command"]}`}
            style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}
          >
            {command}
          </code>
          <p className="soft">
            {t.addUntil} {moment(data.expiresAt, language)}
          </p>
        </>
      )}
      <Group justify="flex-end" mt="lg" gap="xs">
        {command !== undefined && (
          <CopyButton value={command}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? text.common.copied : t.copyCommand}
              </Button>
            )}
          </CopyButton>
        )}
        <Button onClick={close}>{text.common.close}</Button>
      </Group>
    </Dialog>
  );
}
