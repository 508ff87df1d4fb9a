/** What can be done with a host of the cluster, and the dialogs that do it. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useNavigate } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useMayOnHost } from "../../data/session.tsx";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { Drain, Resume } from "./drain.tsx";
import { Traits } from "./traits.tsx";

type ClusterHost = Schemas["ClusterHost"];

export type Act = "drain" | "resume" | "traits" | "remove" | "leave";

/** What is being done with which host. */
export interface Doing {
  readonly act: Act;
  readonly host: ClusterHost;
}

interface MenuProps {
  readonly host: ClusterHost;
  act(doing: Doing): void;
}

/** What it can be told of guests: to take none, or to take them again. */
export const actOf = ({ witness, state, answers }: ClusterHost): "drain" | "resume" | undefined => {
  if (witness || !answers) return undefined;
  return state === "draining" ? "resume" : "drain";
};

export function HostMenu({ host, act }: MenuProps) {
  const text = useText();
  const may = useMayOnHost("admin");
  const possible = actOf(host);
  if (!may) return null;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${host.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {possible && (
          <Menu.Item onClick={() => act({ act: possible, host })}>{text.drain[possible]}…</Menu.Item>
        )}
        {host.answers && !host.witness && (
          <Menu.Item onClick={() => act({ act: "traits", host })}>{text.cluster.traits}…</Menu.Item>
        )}
        {host.answers && !host.witness && (
          <Menu.Item c="var(--bad)" disabled={host.guests > 0} onClick={() => act({ act: "leave", host })}>
            {text.leave.action}…
          </Menu.Item>
        )}
        {!host.here && (
          <Menu.Item c="var(--bad)" onClick={() => act({ act: "remove", host })}>
            {text.cluster.remove}…
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

interface DialogProps {
  readonly doing: Doing | undefined;
  close(): void;
}

export function HostDialog({ doing, close }: DialogProps) {
  const text = useText();
  const navigate = useNavigate();
  const remove = useChange("clusterRemove").mutate;
  const leave = useChange("clusterLeave").mutate;
  const { act, host } = doing ?? {};
  const question = host && questionOf(act, host);
  function questionOf(asked: Act | undefined, of: ClusterHost): Question | undefined {
    if (asked === "leave") return leaving(text, of, () => leave({ host: of.name }));
    if (asked !== "remove") return undefined;
    return removal(text, of, () =>
      remove(
        { params: { host: of.id }, query: of.guests > 0 ? { force: true } : {} },
        { onSuccess: () => void navigate("/hosts") },
      ),
    );
  }
  return (
    <>
      {host && act === "drain" && <Drain host={host.name} close={close} />}
      {host && act === "resume" && <Resume host={host.name} close={close} />}
      {host && act === "traits" && <Traits host={host} close={close} />}
      <Confirm question={question} close={close} />
    </>
  );
}

function removal(
  { cluster: t }: Messages,
  { name, answers, guests }: ClusterHost,
  confirm: () => void,
): Question {
  return {
    title: t.removeTitle(name),
    warning: t.removeWarning,
    note: [guests > 0 ? t.removeGuests(guests) : "", answers ? "" : t.removeAway].filter(Boolean).join(" "),
    action: t.remove,
    name,
    confirm,
  };
}

const leaving = ({ leave: t }: Messages, { name }: ClusterHost, confirm: () => void): Question => ({
  title: t.title(name),
  warning: t.warning,
  action: t.action,
  name,
  confirm,
});
