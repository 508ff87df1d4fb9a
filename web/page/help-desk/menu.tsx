/** What the help desk can do with somebody's desktop. */
import { ActionIcon, Menu } from "@mantine/core";
import {
  IconDots,
  IconEye,
  IconLogout,
  IconMessage,
  IconPlayerRecord,
  IconPointer,
  IconRefresh,
} from "@tabler/icons-react";
import { Link } from "react-router";
import type { Desktop } from "#contract/schema/desktop";
import { useChange } from "../../data/change.ts";
import { useText } from "../../text/use-text.tsx";
import type { Question } from "../../ui/question.ts";
import { openShadow } from "./open-shadow.ts";

export interface Asked {
  readonly what: "message" | "end";
  readonly desktop: Desktop;
}

interface MenuProps {
  readonly desktop: Desktop;
  ask(asked: Asked): void;
  confirm(question: Question): void;
}

export function DesktopMenu({ desktop, ask, confirm }: MenuProps) {
  const text = useText();
  const t = text.helpDesk;
  const reset = useChange("desktopReset").mutate;
  const { id, user, poolName, viewers, recording } = desktop;
  const watched = viewers.some(({ shadow }) => !shadow);
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${user}, ${poolName}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          disabled={!watched}
          leftSection={<IconEye size={14} />}
          onClick={() => openShadow(id, false)}
        >
          {t.look}
        </Menu.Item>
        <Menu.Item
          disabled={!watched}
          leftSection={<IconPointer size={14} />}
          onClick={() => openShadow(id, true)}
        >
          {t.control}
        </Menu.Item>
        <Menu.Item
          disabled={!watched}
          leftSection={<IconMessage size={14} />}
          onClick={() => ask({ what: "message", desktop })}
        >
          {t.message}
        </Menu.Item>
        {recording !== undefined && (
          <Menu.Item
            component={Link}
            to={`/recordings/${recording}`}
            leftSection={<IconPlayerRecord size={14} />}
          >
            {t.toRecording}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconRefresh size={14} />}
          onClick={() =>
            confirm({
              title: t.resetTitle(user),
              warning: t.resetWarning,
              action: t.reset,
              confirm: () => reset({ params: { desktop: id } }),
            })
          }
        >
          {t.reset}
        </Menu.Item>
        <Menu.Item
          c="var(--bad)"
          leftSection={<IconLogout size={14} />}
          onClick={() => ask({ what: "end", desktop })}
        >
          {t.end}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
