/** The command palette: guests, pages, and what can be done. */
import "@mantine/spotlight/styles.layer.css";
import { Spotlight, spotlight } from "@mantine/spotlight";
import { IconPlus } from "@tabler/icons-react";
import { useEffect, useState, type KeyboardEvent } from "react";
import { useNavigate } from "react-router";
import { guestPath } from "../data/project.ts";
import { useRead } from "../data/query.ts";
import { useText } from "../text/use-text.tsx";
import { usePages } from "./pages.ts";
import { GuestState } from "./state.tsx";

/** Guests that are shown at once. */
const most = 8;

const has = (name: string, typed: string): boolean => name.toLowerCase().includes(typed.trim().toLowerCase());

/** Enter takes what is marked; nothing is where the guests have come since the last letter: then the first. */
function takeFirst({ key, currentTarget, nativeEvent }: KeyboardEvent<HTMLInputElement>): void {
  if (key !== "Enter" || nativeEvent.isComposing) return;
  const palette = currentTarget.closest("[role=dialog]");
  if (!palette?.querySelector("[data-selected]"))
    palette?.querySelector<HTMLElement>("[data-action]")?.click();
}

export function Palette({ asked }: { readonly asked: number }) {
  useEffect(() => spotlight.toggle(), [asked]);
  const text = useText();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const guests = (useRead("guestList").data ?? []).filter(({ name }) => has(name, typed));
  const pages = usePages()
    .flatMap((group) => group.pages)
    .filter(({ name }) => has(text.nav[name], typed));
  const create = has(text.keys.create, typed);
  const empty = guests.length === 0 && pages.length === 0 && !create;
  return (
    <Spotlight.Root
      query={typed}
      onQueryChange={setTyped}
      shortcut={null}
      attributes={{ content: { "aria-label": text.palette.open } }}
      centered={false}
      scrollable
      maxHeight={420}
      lockScroll={false}
    >
      <Spotlight.Search
        placeholder={text.palette.placeholder}
        aria-label={text.palette.open}
        onKeyDown={takeFirst}
      />
      <Spotlight.ActionsList>
        {guests.length > 0 && (
          <Spotlight.ActionsGroup label={text.palette.guests}>
            {guests.slice(0, most).map(({ id, name, project, state }) => (
              <Spotlight.Action
                key={id}
                label={name}
                rightSection={<GuestState state={state} />}
                onClick={() => navigate(guestPath({ id, name, project }))}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {create && (
          <Spotlight.ActionsGroup label={text.palette.actions}>
            <Spotlight.Action
              label={text.keys.create}
              leftSection={<IconPlus size={16} stroke={1.7} />}
              onClick={() => navigate("/guests/new")}
            />
          </Spotlight.ActionsGroup>
        )}
        {pages.length > 0 && (
          <Spotlight.ActionsGroup label={text.palette.pages}>
            {pages.map(({ path, name, icon: Icon }) => (
              <Spotlight.Action
                key={path}
                label={text.nav[name]}
                leftSection={<Icon size={16} stroke={1.7} />}
                onClick={() => navigate(path)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {guests.length > most && <Spotlight.Empty>{text.palette.more(guests.length - most)}</Spotlight.Empty>}
        {empty && <Spotlight.Empty>{text.palette.nothing}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
