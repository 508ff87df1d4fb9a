/** A message to whoever is at a desktop; and its end, announced or at once. */
import { Select, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Desktop } from "#contract/schema/desktop";
import { useChange } from "../../data/change.ts";
import { span } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import { tell } from "../../ui/notify.ts";

interface FormProps {
  readonly desktop: Desktop;
  close(): void;
}

export function MessageForm({ desktop, close }: FormProps) {
  const t = useText().helpDesk;
  const [words, setWords] = useState("");
  const { mutate, error, isPending } = useChange("desktopMessage", { quiet: true });
  return (
    <Dialog opened onClose={close} title={t.messageTo(desktop.user)} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate(
            { params: { desktop: desktop.id }, body: { text: words.trim() } },
            {
              onSuccess: () => {
                tell(t.messageSent(desktop.user));
                close();
              },
            },
          );
        }}
      >
        <Textarea
          required
          label={t.words}
          autosize
          minRows={3}
          maxRows={8}
          maxLength={1000}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          data-autofocus
        />
        <FormEnd
          action={t.send}
          close={close}
          error={error}
          pending={isPending}
          disabled={words.trim() === ""}
        />
      </form>
    </Dialog>
  );
}

/** Seconds. */
const notices = ["0", "60", "300", "900"] as const;

export function EndForm({ desktop, close }: FormProps) {
  const { text, language } = useLanguage();
  const t = text.helpDesk;
  const [notice, setNotice] = useState<string>("60");
  const { mutate, error, isPending } = useChange("desktopEnd", { quiet: true });
  return (
    <Dialog opened onClose={close} title={t.endTitle(desktop.user, desktop.poolName)} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ params: { desktop: desktop.id }, body: { notice: Number(notice) } }, { onSuccess: close });
        }}
      >
        <Text size="sm">{t.endWarning}</Text>
        <Select
          mt="md"
          label={t.when}
          allowDeselect={false}
          data={notices.map((value) => ({
            value,
            label: value === "0" ? t.atOnce : t.announced(span(1000 * Number(value), language)),
          }))}
          value={notice}
          onChange={(value) => setNotice(value ?? "60")}
        />
        <FormEnd action={t.end} close={close} error={error} pending={isPending} destroys />
      </form>
    </Dialog>
  );
}
