/** What can be done to one guest. What its state does not allow is shown, and says which would. */
import { Menu } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useAct } from "../../data/act.ts";
import { forkIcon as ForkIcon, guestActions, may, statesFor, type Action } from "../../data/guest-action.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import type { MenuProps } from "../../ui/menu-door.tsx";
import { OpenedMenu } from "../../ui/opened-menu.tsx";
import type { Question } from "../../ui/question.ts";
import { Fork } from "./fork.tsx";
import { Move } from "./move.tsx";
import { questionFor } from "./question.ts";

export function ActionsMenu({ button, guest }: MenuProps & { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const act = useAct();
  const [asked, setAsked] = useState<Question>();
  const [forking, fork] = useDisclosure();
  const [moving, move] = useDisclosure();
  const mayMove = useMayOnHost("operator");
  // From a host that stands alone it can only go outside.
  const mayGoOutside = useMayOnHost("admin");
  const movable = guest.host === undefined ? mayGoOutside : mayMove;
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
      <OpenedMenu button={button}>
        {guestActions.filter(({ destroys }) => !destroys).map(item)}
        <Menu.Item leftSection={<ForkIcon size={14} />} disabled={!may("fork", guest)} onClick={fork.open}>
          {text.actions.fork}
        </Menu.Item>
        {movable && (
          <Menu.Item
            leftSection={<IconArrowsExchange size={14} />}
            disabled={!may("move", guest)}
            onClick={move.open}
          >
            {text.move.menu}…
          </Menu.Item>
        )}
        <Menu.Divider />
        {guestActions.filter(({ destroys }) => destroys).map(item)}
      </OpenedMenu>
      <Confirm question={asked} close={() => setAsked(undefined)} />
      {moving && <Move guest={guest} close={move.close} />}
      {forking && <Fork guest={guest} opened close={fork.close} />}
    </>
  );
}
