/** Changes what a host is told apart by: labels that guests ask for, and taints that keep them away. */
import { Textarea } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";

interface TraitsProps {
  readonly host: Schemas["ClusterHost"];
  close(): void;
}

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    linesOf(text).map((line) => {
      const [key = "", ...value] = line.split("=");
      return [key.trim(), value.join("=").trim()];
    }),
  );

export function Traits({ host: { name, labels = {}, taints = [] }, close }: TraitsProps) {
  const text = useText();
  const t = text.cluster;
  const [labelText, setLabels] = useState(
    Object.entries(labels)
      .map((pair) => pair.join("="))
      .join("\n"),
  );
  const [taintText, setTaints] = useState(taints.join("\n"));
  const { mutate, error, isPending } = useChange("placementHostUpdate", { quiet: true });
  const field = { autosize: true, minRows: 2, spellCheck: false, classNames: { input: "mono" } };
  return (
    <Dialog opened onClose={close} title={t.labelsOf(name)} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body = { labels: labelsOf(labelText), taints: [...new Set(linesOf(taintText))] };
          mutate({ host: name, body }, { onSuccess: close });
        }}
      >
        <Textarea
          label={text.hosts.labels}
          description={t.labelsHint}
          value={labelText}
          onChange={(event) => setLabels(event.currentTarget.value)}
          data-autofocus
          {...field}
        />
        <Textarea
          mt="md"
          label={text.hosts.taints}
          description={t.taintsHint}
          value={taintText}
          onChange={(event) => setTaints(event.currentTarget.value)}
          {...field}
        />
        <FormEnd action={text.common.save} close={close} error={error} pending={isPending} />
      </form>
    </Dialog>
  );
}
