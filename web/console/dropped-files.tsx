/** Below the display: files on their way into the guest, and how each ended. */
import { ActionIcon, Progress } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { bytes } from "../text/format.ts";
import { useLanguage } from "../text/use-text.tsx";
import type { Dropped, FileDrop } from "./file-drop.ts";
import style from "./display.module.css";

export function DroppedFiles({ drop }: { readonly drop: FileDrop }) {
  const { text } = useLanguage();
  if (drop.files.length === 0) return null;
  return (
    <ul className={style["files"]} aria-label={text.console.files}>
      {drop.files.map((file) => (
        <li key={file.id}>
          <b className={style["fileName"]}>{file.name}</b>
          <span className={file.state === "failed" ? style["bad"] : "soft"} role="status">
            <Outcome file={file} />
          </span>
          {file.state === "going" && (
            <Progress
              value={file.size === 0 ? 100 : (100 * file.sent) / file.size}
              aria-label={file.name}
              className={style["fileProgress"]}
            />
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${file.state === "there" || file.state === "failed" ? text.console.dismiss : text.common.cancel}: ${file.name}`}
            onClick={() => drop.remove(file.id)}
          >
            <IconX size={14} />
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}

function Outcome({ file }: { readonly file: Dropped }) {
  const { text, language } = useLanguage();
  const t = text.console;
  switch (file.state) {
    case "waiting":
      return t.fileWaits;
    case "going":
      return `${bytes(file.sent, language)} / ${bytes(file.size, language)}`;
    case "there":
      return file.folder === undefined ? t.fileInDownloads : t.fileIn(file.folder);
    case "failed":
      return `${file.error?.message ?? ""} ${file.error?.hint ?? ""}`;
  }
}
