/**
 * Asks before something that cannot be taken back; where much is lost, by having its name typed. The dialog
 * comes when it is first needed, and stays, so that it can fade.
 */
import { Suspense, useState } from "react";
import { later } from "../later.ts";
import type { ConfirmProps } from "./question.ts";

const { Part: Dialog } = later(async () => (await import("./confirm-dialog.tsx")).ConfirmDialog);

export function Confirm(props: ConfirmProps) {
  const [used, setUsed] = useState(false);
  if (props.question && !used) setUsed(true);
  if (!used) return null;
  return (
    <Suspense>
      <Dialog {...props} />
    </Suspense>
  );
}
