/** Says which command switches a host off. */
import { NumberInput, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface FenceFormProps {
  /** Its name. */
  readonly host: string;
  readonly fence: Schemas["Fence"] | undefined;
  close(): void;
}

/** Seconds. */
const usual = 30;

export function FenceForm({ host, fence, close }: FenceFormProps) {
  const text = useText();
  const t = text.fences;
  const [words, setWords] = useState(fence?.command.join("\n") ?? "");
  const [timeout, setTimeout] = useState<number | "">(fence?.timeout ?? usual);
  const { mutate, error, isPending } = useChange("fenceCreate", { quiet: true });
  const command = words.split("\n").filter((word) => word !== "");
  return (
    <Dialog opened onClose={close} title={t.setTitle(host)} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body = { host, command, ...(timeout === "" ? {} : { timeout }) };
          mutate({ body }, { onSuccess: close });
        }}
      >
        <p className="soft">{t.setHint}</p>
        <Textarea
          mt="md"
          label={t.command}
          description={t.commandHint}
          placeholder={"/usr/local/sbin/power-off\n10.0.9.2"}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          autosize
          minRows={3}
          spellCheck={false}
          classNames={{ input: "mono" }}
          data-autofocus
        />
        <NumberInput
          mt="md"
          label={t.timeout}
          value={timeout}
          min={1}
          max={300}
          suffix=" s"
          onChange={(value) => setTimeout(typeof value === "number" ? value : "")}
        />
        <FormEnd
          action={text.common.save}
          close={close}
          error={error}
          pending={isPending}
          disabled={command.length === 0}
        />
      </form>
    </Dialog>
  );
}
