/** Files to the desktop and from it, as far as its pool lets them go. */
import { Button, FileButton } from "@mantine/core";
import { IconDownload, IconUpload } from "@tabler/icons-react";
import type { FilePolicy } from "#contract/schema/desktop-pool";
import type { Static } from "#contract/schema/type";
import type { FileDrop } from "../../console/file-drop.ts";
import { pathOf } from "../../data/api.ts";
import { useRead } from "../../data/query.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import type { Desktop } from "./use-desktop.ts";
import style from "./toolbar.module.css";

interface FilesPanelProps {
  readonly files: Static<typeof FilePolicy>;
  readonly drop: FileDrop;
  readonly desktop: Desktop;
  done(): void;
}

export function FilesPanel({ files, drop, desktop, done }: FilesPanelProps) {
  const t = useText().desktops;
  const id = desktop.open.current?.id();
  return (
    <>
      {(files === "both" || files === "in") && (
        <>
          <p className="soft">{t.sendHint}</p>
          <FileButton
            multiple
            onChange={(chosen) => {
              drop.add(chosen);
              done();
            }}
          >
            {(props) => (
              <Button {...props} mt="xs" leftSection={<IconUpload size={14} />}>
                {t.send}
              </Button>
            )}
          </FileButton>
        </>
      )}
      {(files === "both" || files === "out") && id !== undefined && <FromThere id={id} />}
    </>
  );
}

/** What lies in the desktop's downloads. */
function FromThere({ id }: { readonly id: string }) {
  const { text, language } = useLanguage();
  const t = text.desktops;
  const { data, error } = useRead("desktopFileList", { params: { desktop: id } }, { every: 5_000 });
  return (
    <>
      <p className="soft" style={{ marginTop: 12 }}>
        {t.fetchHint}
      </p>
      {error && <Failure error={error} />}
      {!data && !error && <Loading rows={1} />}
      {data?.length === 0 && <p>{t.noFiles}</p>}
      <ul className={style["fileList"]}>
        {data?.map(({ name, size }) => (
          <li key={name}>
            <a
              href={`${pathOf("desktopFileGet", { desktop: id })}?name=${encodeURIComponent(name)}`}
              download={name}
              title={name}
            >
              <IconDownload size={13} aria-hidden /> {name}
            </a>
            <span className="number soft">{bytes(size, language)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
