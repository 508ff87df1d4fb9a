/** Something that is handed on, such as a link: read here, and copied by one click. */
import { Button, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useText } from "../text/use-text.tsx";
import style from "./copy-line.module.css";

interface CopyLineProps {
  readonly label: string;
  readonly value: string;
}

export function CopyLine({ label, value }: CopyLineProps) {
  const t = useText().common;
  return (
    <div className={style["line"]} role="group" aria-label={label}>
      <span className={style["label"]}>{label}</span>
      <code className={`mono ${style["value"]}`}>{value}</code>
      {/* Browsers give no clipboard to a page that came unencrypted: a click on the text marks all of it. */}
      {"clipboard" in navigator && (
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={copy}
            >
              {copied ? t.copied : t.copy}
            </Button>
          )}
        </CopyButton>
      )}
    </div>
  );
}
