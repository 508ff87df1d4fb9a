/** Files onto the page: dropped anywhere on it, or chosen. */
import { Button } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { addFiles } from "../../data/uploads.ts";
import { useText } from "../../text/use-text.tsx";
import style from "./upload.module.css";

const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes("Files") ?? false;

/** Takes files that are dropped onto the page, as long as it is shown. */
export function DropAnywhere() {
  const text = useText();
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Each part of the page under the pointer is entered and left; the page is left with the last of them.
    let inside = 0;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      inside++;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (hasFiles(event) && --inside <= 0) setOver(false);
    };
    const allow = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      inside = 0;
      setOver(false);
      addFiles(event.dataTransfer?.files ?? []);
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: allow, drop } as const;
    for (const [name, listener] of Object.entries(listeners))
      addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners))
        removeEventListener(name, listener as EventListener);
    };
  }, []);
  return (
    over && (
      <div className={style["over"]} aria-hidden>
        {text.uploads.drop}
      </div>
    )
  );
}

interface ChooseProps {
  readonly children: ReactNode;
  readonly variant?: "default" | "filled";
  readonly label?: string;
  readonly onChosen?: () => void;
}

/** A button by which files are chosen. */
export function ChooseFiles({ children, variant = "default", label, onChosen }: ChooseProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          addFiles(event.currentTarget.files ?? []);
          // The same file can be chosen again.
          event.currentTarget.value = "";
          onChosen?.();
        }}
      />
      <Button
        variant={variant}
        leftSection={<IconUpload size={14} />}
        aria-label={label}
        onClick={() => input.current?.click()}
      >
        {children}
      </Button>
    </>
  );
}

/** In the dialog of ways to an image. */
export function UploadPlace({ close }: { close(): void }) {
  const t = useText().uploads;
  return (
    <div className={style["place"]}>
      <p>{t.uploadHint}</p>
      <ChooseFiles variant="filled" onChosen={close}>
        {t.choose}
      </ChooseFiles>
      <p className="soft">{t.dropHere}</p>
    </div>
  );
}
