/** What is being sent from here, and what earlier pages have left half sent. */
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Schemas } from "#contract/schemas";
import { putObject } from "../../data/apply.ts";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { currentUploads, onImport, onUploads, type Sending } from "../../data/uploads.ts";
import type { Messages } from "../../text/en.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Card, Section } from "../../ui/page.tsx";
import { ChooseFiles } from "./drop.tsx";
import { UploadRow } from "./upload-row.tsx";
import style from "./upload.module.css";

export const useUploads = (): readonly Sending[] => useSyncExternalStore(onUploads, currentUploads);

export function Uploads() {
  const t = useText().uploads;
  const sendings = useUploads();
  const queries = useQueryClient();
  const { data, refetch } = useRead("uploadList");
  useEffect(() => onImport((operation) => putObject(queries, "operation", operation)), [queries]);
  // No event tells of them: asked for again where one of ours has come to an end or begun.
  const known = sendings.map(({ key, state, upload }) => `${key} ${state.is} ${upload ?? ""}`).join();
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) void refetch();
    first.current = false;
  }, [known, refetch]);
  const own = new Set(sendings.map(({ upload }) => upload));
  const left = (data ?? []).filter(({ id, state }) => !own.has(id) && state !== "importing");
  if (sendings.length + left.length === 0) return null;
  return (
    <Section title={t.title}>
      <Said sendings={sendings} />
      {sendings.map((sending) => (
        <UploadRow key={sending.key} sending={sending} />
      ))}
      {left.map((upload) => (
        <LeftRow key={upload.id} upload={upload} again={() => void refetch()} />
      ))}
    </Section>
  );
}

/** What changed, for who does not see it: how each goes on, and not each step of it. */
function Said({ sendings }: { readonly sendings: readonly Sending[] }) {
  const text = useText();
  const before = useRef(new Map<number, string>());
  const [said, say] = useState("");
  useEffect(() => {
    for (const sending of sendings) {
      const now = wordOf(sending);
      const old = before.current.get(sending.key);
      if (now === old) continue;
      before.current.set(sending.key, now);
      const words = inWords(sending, old, text);
      if (words !== undefined) say(words);
    }
  }, [sendings, text]);
  return (
    <p className="unseen" role="status">
      {said}
    </p>
  );
}

const wordOf = ({ state }: Sending): string =>
  state.is === "sending" && state.waiting ? "waiting" : state.is;

function inWords({ file, state }: Sending, before: string | undefined, text: Messages): string | undefined {
  const t = text.uploads;
  switch (state.is) {
    case "queued":
      return undefined;
    case "sending":
      if (state.waiting) return t.of(t.lost, file.name);
      return before === "waiting" || before === "paused" ? t.resumed(file.name) : t.begun(file.name);
    case "paused":
      return t.of(t.paused, file.name);
    case "failed":
      return t.failed(file.name);
    case "importing":
      return t.of(t.importing, file.name);
  }
}

interface LeftProps {
  readonly upload: Schemas["Upload"];
  again(): void;
}

/** One that no file is known of here: begun on an earlier page, by a program, or by somebody else. */
function LeftRow({ upload, again }: LeftProps) {
  const { text, language } = useLanguage();
  const t = text.uploads;
  const { id, file, offset, size, state, own, owner } = upload;
  const remove = useChange("uploadDelete");
  const take = useChange("uploadImport");
  const params = { upload: id };
  return (
    <Card>
      <div className={style["row"]}>
        <div className={style["head"]}>
          <b className={style["name"]}>{file}</b>
          {!own && <span className="soft">{t.by(owner)}</span>}
          <div className={style["actions"]}>
            {own && state === "open" && (
              <ChooseFiles label={t.of(t.chooseAgain, file)}>{t.chooseAgain}</ChooseFiles>
            )}
            {own && state === "complete" && (
              <Button
                variant="default"
                loading={take.isPending}
                aria-label={t.of(t.importNow, file)}
                onClick={() => take.mutate({ params }, { onSuccess: again })}
              >
                {t.importNow}
              </Button>
            )}
            <Button
              variant="subtle"
              color="gray"
              loading={remove.isPending}
              aria-label={t.of(t.discard, file)}
              onClick={() => remove.mutate({ params }, { onSettled: again })}
            >
              {t.discard}
            </Button>
          </div>
        </div>
        <Meter label={file} share={offset / size} busy />
        <p className={`soft ${style["facts"]}`}>
          <span className="number">{t.there(bytes(offset, language), bytes(size, language))}</span>
          {own && <span>{state === "complete" ? t.wholeHint : t.unfinished}</span>}
        </p>
      </div>
    </Card>
  );
}
