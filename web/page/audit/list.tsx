/** Who did what, from where, and how it ended. */
import { Button, NativeSelect, Popover, TextInput } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { Page as EntryPage } from "#contract/call";
import type { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { pageOf } from "../../data/api.ts";
import { useRead } from "../../data/query.ts";
import type { Messages } from "../../text/en.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { useFilterText } from "../../ui/filter-text.ts";
import { hostColumn, inCluster } from "../../ui/host-column.tsx";
import { WithoutHosts } from "../../ui/unanswered.tsx";
import { Page } from "../../ui/page.tsx";
import { filterId } from "../../ui/shortcuts.tsx";
import { Dot } from "../../ui/state.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import { Since } from "../../ui/time.tsx";
import style from "./list.module.css";

type Entry = Schemas["AuditEntry"];
const idOf = ({ id, host = "" }: Entry): string => `${host} ${id}`;
const limit = 100;
const results = ["done", "refused", "failed"] as const;
const tones = { done: "good", refused: "warn", failed: "bad" } as const;

const who = ({ actor, user, token }: Entry, text: Messages): string => {
  if (actor === "host") return text.tokens.host;
  return [user ?? text.audit.nobody, token].filter(Boolean).join(" / ");
};

/** With all of its detail at a click, which has more room there than in a column. */
function What({ entry: { action, detail } }: { readonly entry: Entry }) {
  const name = <span className="mono">{action}</span>;
  if (detail === undefined) return name;
  return (
    <Popover width={320} position="bottom-start" withinPortal>
      <Popover.Target>
        <button type="button" className={style["what"]}>
          {name}
          <IconInfoCircle size={14} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <p className={style["detail"]}>{detail}</p>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Consoles are asked for by a guest's id, which tells nobody anything while the guest has a name. */
function namedIn(target: string, names: ReadonlyMap<string, string>): string {
  const [first = "", ...rest] = target.split("/");
  return [names.get(first) ?? first, ...rest].join("/");
}

function auditColumns(
  text: Messages,
  names: ReadonlyMap<string, string>,
  clustered: boolean,
): readonly Column<Entry>[] {
  const t = text.audit;
  return [
    {
      id: "when",
      header: t.when,
      width: "minmax(76px, 110px)",
      cell: ({ at }) => (
        <span className="soft">
          <Since at={at} />
        </span>
      ),
    },
    { id: "who", header: t.who, width: "minmax(80px, 1fr)", cell: (entry) => <b>{who(entry, text)}</b> },
    {
      id: "what",
      header: t.what,
      width: "minmax(100px, 1fr)",
      cell: (entry) => <What entry={entry} />,
    },
    {
      id: "on",
      header: t.on,
      width: "minmax(90px, 1fr)",
      wide: true,
      cell: ({ target = "" }) => <span title={target}>{namedIn(target, names)}</span>,
    },
    {
      id: "detail",
      header: t.detail,
      width: "minmax(90px, 1.5fr)",
      wide: true,
      cell: ({ detail = "" }) => <span title={detail}>{detail}</span>,
    },
    ...hostColumn<Entry>(text.guests.host, clustered),
    {
      id: "from",
      header: t.from,
      width: "120px",
      wide: true,
      cell: ({ address = "" }) => <span className="mono soft">{address}</span>,
    },
    {
      id: "result",
      header: t.result,
      width: "minmax(90px, 1fr)",
      wide: true,
      cell: ({ result, code }) => (
        <span title={code}>
          <Dot tone={tones[result]}>{t.results[result]}</Dot>
        </span>
      ),
    },
  ];
}

/** Of all pages so far. */
interface Loaded {
  readonly entries: readonly Entry[];
  /** Hosts that did not answer, by name. */
  readonly unanswered: readonly string[];
}

const loaded = ({ pages }: { readonly pages: readonly EntryPage<Entry>[] }): Loaded => ({
  entries: pages.flatMap(({ items }) => items),
  unanswered: [...new Set(pages.flatMap(({ unanswered = [] }) => unanswered))],
});

function useResult(): readonly [result: string, set: (result: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = (value: string) =>
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete("result");
        else next.set("result", value);
        return next;
      },
      { replace: true },
    );
  return [params.get("result") ?? "", set];
}

export function AuditList() {
  const text = useText();
  const t = text.audit;
  const [typed, setTyped] = useFilterText("target");
  const [user, setUser] = useFilterText("user");
  const [action, setAction] = useFilterText("action");
  const [result, setResult] = useResult();
  const wanted = useMemo(
    () =>
      Object.fromEntries(
        Object.entries({ target: typed, user, action, result }).filter(([, value]) => value.trim() !== ""),
      ),
    [typed, user, action, result],
  );
  const filter = useDeferredValue(wanted);
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery<
    EntryPage<Entry>,
    LodgeError,
    Loaded,
    readonly unknown[],
    string | undefined
  >({
    queryKey: ["auditList", {}, filter],
    initialPageParam: undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit, ...filter, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return pageOf("auditList", { query }, { signal });
    },
    getNextPageParam: ({ next }) => next,
    select: loaded,
    // Nothing tells of new entries: whoever opens the page looks anew.
    staleTime: 0,
  });
  const guests = useRead("guestList").data;
  const names = useMemo(() => new Map(guests?.map(({ id, name }) => [id, name])), [guests]);
  const entries = data?.entries;
  const clustered = inCluster(entries);
  const columns = useMemo(() => auditColumns(text, names, clustered), [text, names, clustered]);
  const field = (label: string, value: string, set: (value: string) => void) => (
    <TextInput
      size="xs"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
  const filtered = Object.keys(filter).length > 0;
  return (
    <Page title={t.title}>
      <search className={style["filters"]}>
        <TextInput
          id={filterId}
          size="xs"
          aria-label={t.filter}
          placeholder={t.filter}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {field(text.auditFilter.user, user, setUser)}
        {field(text.auditFilter.action, action, setAction)}
        <NativeSelect
          size="xs"
          aria-label={text.auditFilter.result}
          data={[
            { value: "", label: `${text.auditFilter.result}: ${text.common.all}` },
            ...results.map((value) => ({ value, label: t.results[value] })),
          ]}
          value={result}
          onChange={(event) => setResult(event.currentTarget.value)}
        />
      </search>
      <Awaited data={data} error={error} refetch={refetch} />
      {data && <WithoutHosts hosts={data.unanswered} />}
      {entries?.length === 0 && filtered && <Empty title={text.common.noMatch} />}
      {entries?.length === 0 && !filtered && <Empty title={t.empty} hint={t.emptyHint} />}
      {entries && entries.length > 0 && <Table label={t.title} rows={entries} columns={columns} id={idOf} />}
      {hasNextPage && (
        <div>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t.older}
          </Button>
        </div>
      )}
    </Page>
  );
}
