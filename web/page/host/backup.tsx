/** Writes all that the cluster knows to a file of the host that answers the page. */
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../../data/change.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface BackupProps {
  /** The name of the host that writes it. */
  readonly host: string;
  close(): void;
}

export function Backup({ host, close }: BackupProps) {
  const { text, language } = useLanguage();
  const t = text.backup;
  const [path, setPath] = useState("");
  const { mutate, data, error, isPending } = useChange("clusterBackup", { quiet: true });
  return (
    <Dialog opened onClose={close} title={t.title} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (data) close();
          else mutate({ body: { path: path.trim() } });
        }}
      >
        <p>{t.hint}</p>
        <p className="soft" style={{ marginTop: 8 }}>
          {t.key}
        </p>
        {data ? (
          <p role="status" style={{ marginTop: 16 }}>
            {t.written(data.path, bytes(data.size, language))}
          </p>
        ) : (
          <TextInput
            mt="md"
            label={t.path(host)}
            placeholder="/srv/backup/cluster"
            value={path}
            onChange={(event) => setPath(event.currentTarget.value)}
            classNames={{ input: "mono" }}
            spellCheck={false}
            data-autofocus
          />
        )}
        <FormEnd
          action={data ? text.common.close : t.write}
          close={close}
          error={error}
          pending={isPending}
          disabled={path.trim() === ""}
        />
      </form>
    </Dialog>
  );
}
