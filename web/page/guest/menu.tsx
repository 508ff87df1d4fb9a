/** What can be done to one guest. What its state does not allow is shown, and says which would. */
import { ActionIcon, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useAct } from "../../data/act.ts";
import { forkIcon as ForkIcon, guestActions, may, statesFor, type Action } from "../../data/guest-action.ts";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { Question } from "../../ui/question.ts";
import { questionFor } from "./question.ts";

const Fork = lazy(async () => ({ default: (await import("./fork.tsx")).Fork }));

export function GuestMenu({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const act = useAct();
  const [opened, menu] = useDisclosure();
  const [asked, setAsked] = useState<Question>();
  const [forking, fork] = useDisclosure();
  const item = (action: Action) => {
    const allowed = may(action.needs, guest);
    const { icon: Icon } = action;
    return (
      <Menu.Item
        key={action.name}
        leftSection={<Icon size={14} />}
        disabled={!allowed}
        {...(action.destroys ? { c: "var(--bad)" } : {})}
        {...(allowed
          ? {}
          : { title: text.actions.notIn(text.actions[action.name], statesFor(action.needs, text)) })}
        onClick={() => {
          if (action.destroys) setAsked(questionFor(text, action, [guest], () => void act(action, [guest])));
          else void act(action, [guest]);
        }}
      >
        {text.actions[action.name]}
      </Menu.Item>
    );
  };
  return (
    <>
      <Menu opened={opened} onChange={menu.toggle} withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${guest.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {guestActions.filter(({ destroys }) => !destroys).map(item)}
          <Menu.Item leftSection={<ForkIcon size={14} />} disabled={!may("fork", guest)} onClick={fork.open}>
            {text.actions.fork}
          </Menu.Item>
          <Menu.Divider />
          {guestActions.filter(({ destroys }) => destroys).map(item)}
        </Menu.Dropdown>
      </Menu>
      <Confirm question={asked} close={() => setAsked(undefined)} />
      {forking && (
        <Suspense>
          <Fork guest={guest} opened close={fork.close} />
        </Suspense>
      )}
    </>
  );
}
