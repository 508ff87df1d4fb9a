/** What can be done with a volume. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { roleIn } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { useSession } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";

export type Act = "attach" | "detach" | "resize" | "clone" | "move" | "remove";

/** What is being done with which volume. */
export interface Doing {
  readonly act: Act;
  readonly volume: Schemas["Volume"];
}

interface ActionsProps {
  readonly volume: Schemas["Volume"];
  act(name: Act): void;
}

export function VolumeActions({ volume, act }: ActionsProps) {
  const text = useText();
  const t = text.volumes;
  const { data: me } = useSession();
  const role = me && roleIn(me, volume.project);
  if (volume.state !== "ready" || (role !== "operator" && role !== "admin")) return null;
  const attached = volume.guest !== undefined;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${volume.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {!attached && <Menu.Item onClick={() => act("attach")}>{t.attach}…</Menu.Item>}
        {attached && !volume.own && <Menu.Item onClick={() => act("detach")}>{t.detach}…</Menu.Item>}
        <Menu.Item onClick={() => act("resize")}>{t.resize}…</Menu.Item>
        <Menu.Item onClick={() => act("clone")}>{t.clone}…</Menu.Item>
        <Menu.Item onClick={() => act("move")}>{t.move}…</Menu.Item>
        {!attached && (
          <Menu.Item c="var(--bad)" onClick={() => act("remove")}>
            {text.common.remove}…
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
