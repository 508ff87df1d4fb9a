/** A guest's move that is under way: how far it is, how long it may take yet, and the way back. */
import { Button } from "@mantine/core";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { progressOf, useRunning } from "../../data/operations.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Meter } from "../../ui/meter.tsx";
import style from "./move.module.css";

export function Moving({ guest }: { readonly guest: Schemas["Guest"] }) {
  const t = useText().move;
  const cancel = useChange("operationCancel");
  const may = useMayOnHost("operator");
  const move = useRunning().find(
    ({ kind, targets }) =>
      ["guest.move", "guest.send"].includes(kind) && targets.includes(`guest:${guest.id}`),
  );
  if (!move) return null;
  const { id, status, progress, cancellable } = move;
  return (
    <section className={style["moving"]} aria-label={t.underWay}>
      <div className={style["line"]}>
        <b>{t.underWay}</b>
        <span className="soft">{progress.message}</span>
        {may && cancellable && (
          <Button
            variant="default"
            loading={cancel.isPending || status === "undoing"}
            onClick={() => cancel.mutate({ params: { operation: id } })}
          >
            {t.cancel}
          </Button>
        )}
      </div>
      <Meter label={t.underWay} share={progressOf(move)} busy />
    </section>
  );
}
