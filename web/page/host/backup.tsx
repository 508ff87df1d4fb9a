/** Has all that the cluster knows sent to the reader's computer, or written to a file of the host that answers the page. */
import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Answer } from "#contract/call";
import { useChange } from "../../data/change.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd, Over } from "../../ui/form-end.tsx";

interface BackupProps {
  /** The name of the host that writes it. */
  readonly host: string;
  close(): void;
}

export function Backup({ host, close }: BackupProps) {
  const { text, language } = useLanguage();
  const t = text.backup;
  const [where, setWhere] = useState<"here" | "there">("here");
  const [path, setPath] = useState("");
  const write = useChange("clusterBackup", { quiet: true });
  const fetched = useChange("clusterBackupContent", { quiet: true });
  const { error, isPending } = where === "here" ? fetched : write;
  const done = where === "here" ? fetched.data && t.sent(bytes(fetched.data.length, language)) : written();
  function written(): string | undefined {
    return write.data && t.written(write.data.path, bytes(write.data.size, language));
  }
  function submit(): void {
    if (where === "there") write.mutate({ body: { path: path.trim() } });
    else fetched.mutate({}, { onSuccess: save });
  }
  return (
    <Dialog opened onClose={close} title={t.title} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p>{t.hint}</p>
        <p className="soft" style={{ marginTop: 8 }}>
          {t.key}
        </p>
        {done === undefined ? (
          <>
            <NativeSelect
              mt="md"
              label={t.where}
              value={where}
              onChange={(event) => setWhere(event.currentTarget.value === "here" ? "here" : "there")}
              data={[
                { value: "here", label: t.here },
                { value: "there", label: t.there(host) },
              ]}
            />
            {where === "there" && (
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
          </>
        ) : (
          <p role="status" style={{ marginTop: 16 }}>
            {done}
          </p>
        )}
        {done === undefined ? (
          <FormEnd
            action={where === "here" ? t.download : t.write}
            close={close}
            error={error}
            pending={isPending}
            disabled={where === "there" && path.trim() === ""}
          />
        ) : (
          <Over close={close} />
        )}
      </form>
    </Dialog>
  );
}

/** As the browser saves files. */
function save(content: Answer<"clusterBackupContent">): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content as BlobPart]));
  link.download = `cluster-${new Date().toISOString().slice(0, 10)}.backup`;
  link.click();
  URL.revokeObjectURL(link.href);
}
