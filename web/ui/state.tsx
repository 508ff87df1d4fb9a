/** A state as a dot and a word: colour alone says nothing to many. */
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { useText } from "../text/use-text.tsx";
import style from "./state.module.css";

type Tone = "good" | "busy" | "warn" | "bad" | "idle";

export function Dot({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className={`${style["state"]} ${style[tone]}`}>
      <span className={style["dot"]} />
      {children}
    </span>
  );
}

const guestTones: Readonly<Record<Schemas["Guest"]["state"], Tone>> = {
  creating: "busy",
  stopped: "idle",
  starting: "busy",
  running: "good",
  paused: "warn",
  suspending: "busy",
  suspended: "idle",
  stopping: "busy",
  crashed: "bad",
  deleting: "busy",
};

export function GuestState({ state }: { readonly state: Schemas["Guest"]["state"] }) {
  return <Dot tone={guestTones[state]}>{useText().states[state]}</Dot>;
}

const operationTones: Readonly<Record<Operation["status"], Tone>> = {
  queued: "idle",
  running: "busy",
  undoing: "warn",
  succeeded: "good",
  failed: "bad",
  cancelled: "idle",
};

export function OperationStatus({ status }: { readonly status: Operation["status"] }) {
  return <Dot tone={operationTones[status]}>{useText().operations.status[status]}</Dot>;
}
