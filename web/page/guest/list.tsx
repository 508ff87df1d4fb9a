/** All guests: filtered, ordered, and done something to in numbers. */
import { ActionIcon, Button, Checkbox, CloseButton, NativeSelect, TextInput } from "@mantine/core";
import { IconLayoutGrid, IconList, IconPlus, IconSearch } from "@tabler/icons-react";
import { Suspense, useDeferredValue, useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { later } from "../../later.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { useFilterText } from "../../ui/filter-text.ts";
import { Page } from "../../ui/page.tsx";
import { filterId } from "../../ui/shortcuts.tsx";
import type { Selection } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import { guestColumns } from "./columns.tsx";
import style from "./list.module.css";

type Guest = Schemas["Guest"];
/** Another way to show them, for who looks for what they show. */
const cards = later(async () => (await import("./cards.tsx")).Cards);
const away = later(async () => (await import("../host/away.tsx")).HostsAway);
const bulk = later(async () => (await import("./bulk.tsx")).Bulk);
const byName = { by: "name" } as const;
const idOf = ({ id }: Guest): string => id;
const nameOf = ({ name }: Guest): string => name;

const distinct = (values: readonly string[]): string[] => [...new Set(values)].filter(Boolean).toSorted();

/** Made by a desktop pool, and nobody's yet. */
const isStandby = ({ desktop }: Guest): boolean =>
  desktop?.state === "standby" || desktop?.state === "making";

/** By its name, an address, or a label. */
const isMeant = ({ name, nics, labels }: Guest, typed: string): boolean =>
  name.includes(typed) ||
  nics.some(({ address, address6 }) => address?.includes(typed) || address6?.includes(typed)) ||
  Object.entries(labels).some((pair) => pair.join("=").toLowerCase().includes(typed));

export function GuestList() {
  const { text } = useLanguage();
  const { data, error, refetch } = useRead("guestList");
  const create = (
    <Button component={Link} to="/guests/new" leftSection={<IconPlus size={14} />}>
      {text.guests.create}
    </Button>
  );
  return (
    <Page title={text.guests.title} actions={data?.length === 0 ? undefined : create}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={text.guests.empty} hint={text.guests.emptyHint} action={create} />}
      {data && data.length > 0 && <Guests guests={data} />}
    </Page>
  );
}

function Guests({ guests }: { readonly guests: readonly Guest[] }) {
  const { text, language } = useLanguage();
  const [params, setParams] = useSearchParams();
  const [ids, setIds] = useState<Selection["ids"]>({});
  const hosts = useMemo(() => distinct(guests.map(({ host = "" }) => host)), [guests]);
  const inCluster = hosts.length > 0;
  const columns = useMemo(() => guestColumns(text, language, inCluster), [text, language, inCluster]);
  const [typed, setTyped] = useFilterText("name");
  const named = useDeferredValue(typed);
  const [state, image, host, view, standbys] = ["state", "image", "host", "view", "standbys"].map(
    (key) => params.get(key) ?? "",
  );
  /** Filters are in the address, so that it can be sent to somebody. */
  function filter(key: string, value: string | null): void {
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value) next.set(key, value);
        else next.delete(key);
        return next;
      },
      { replace: true },
    );
  }
  const waiting = guests.filter(isStandby).length;
  // A pool of fifty would bury everything else.
  const folded = !standbys && waiting < guests.length;
  const shown = useMemo(
    () =>
      guests.filter(
        (guest) =>
          (!named || isMeant(guest, named.toLowerCase())) &&
          (!state || guest.state === state) &&
          (!image || guest.origin.image === image) &&
          (!host || guest.host === host) &&
          !(folded && isStandby(guest)),
      ),
    [guests, named, state, image, host, folded],
  );
  const states = distinct(guests.map((guest) => guest.state)) as Guest["state"][];
  const images = distinct(guests.map(({ origin }) => origin.image ?? ""));
  const chosen = shown.filter(({ id }) => ids[id]);
  return (
    <>
      {inCluster && (
        <Suspense>
          <away.Part />
        </Suspense>
      )}
      <search className={style["tools"]}>
        <TextInput
          id={filterId}
          size="xs"
          aria-label={text.guests.filter}
          placeholder={text.guests.filter}
          leftSection={<IconSearch size={14} />}
          rightSection={
            typed ? (
              <CloseButton size="xs" aria-label={text.common.clearFilter} onClick={() => setTyped("")} />
            ) : null
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Choice
          label={text.guests.filterState}
          of={states}
          say={(value) => text.states[value]}
          value={state}
          choose={(value) => filter("state", value)}
        />
        {images.length > 1 && (
          <Choice
            label={text.guests.filterImage}
            of={images}
            value={image}
            choose={(value) => filter("image", value)}
          />
        )}
        {(hosts.length > 1 || host) && (
          <Choice
            label={text.guests.host}
            of={distinct([...hosts, host ?? ""])}
            value={host}
            choose={(value) => filter("host", value)}
          />
        )}
        {waiting > 0 && waiting < guests.length && (
          <Checkbox
            size="xs"
            label={text.guests.standbys(waiting)}
            checked={standbys !== ""}
            onChange={() => filter("standbys", standbys ? null : "1")}
          />
        )}
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={view === "cards" ? text.guests.asList : text.guests.asCards}
          onPointerEnter={cards.ahead}
          onClick={() => filter("view", view === "cards" ? null : "cards")}
        >
          {view === "cards" ? <IconList size={16} /> : <IconLayoutGrid size={16} />}
        </ActionIcon>
        <span className={`number ${style["count"]}`} role="status">
          {text.common.rows(shown.length, guests.length)}
        </span>
      </search>
      {shown.length === 0 ? (
        <Empty
          title={text.common.noMatch}
          action={
            <Button
              variant="default"
              onClick={() => {
                setTyped("");
                setParams(view === "cards" ? { view } : {}, { replace: true });
              }}
            >
              {text.common.clearFilter}
            </Button>
          }
        />
      ) : view === "cards" ? (
        <Suspense>
          <cards.Part guests={shown} />
        </Suspense>
      ) : (
        <Table
          label={text.guests.title}
          rows={shown}
          columns={columns}
          id={idOf}
          name={nameOf}
          order={byName}
          selection={{ ids, change: setIds }}
        />
      )}
      {chosen.length > 0 && (
        <Suspense>
          <bulk.Part guests={chosen} clear={() => setIds({})} />
        </Suspense>
      )}
    </>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly of: readonly T[];
  readonly say?: (value: T) => string;
  readonly value: string | undefined;
  choose(value: string): void;
}

function Choice<T extends string>({ label, of, say = String, value = "", choose }: ChoiceProps<T>) {
  const { text } = useLanguage();
  return (
    <NativeSelect
      size="xs"
      aria-label={label}
      data={[
        { value: "", label: `${label}: ${text.common.all}` },
        ...of.map((one) => ({ value: one, label: say(one) })),
      ]}
      value={value}
      onChange={(event) => choose(event.currentTarget.value)}
    />
  );
}
