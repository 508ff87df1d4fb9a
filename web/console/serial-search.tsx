/** Search in what the console has said, and the clipboard, above a terminal. */
import { ActionIcon, Button, CloseButton, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconSearch } from "@tabler/icons-react";
import { SearchAddon, type ISearchOptions } from "@xterm/addon-search";
import type { Terminal } from "@xterm/xterm";
import { useEffect, useState, type RefObject } from "react";
import { useText } from "../text/use-text.tsx";
import { tell } from "../ui/notify.ts";
import style from "./serial.module.css";

const options: ISearchOptions = {
  decorations: {
    matchBackground: "#3a3a41",
    matchOverviewRuler: "#8b8b95",
    activeMatchBackground: "#1d7a56",
    activeMatchColorOverviewRuler: "#4cc38a",
  },
};

/** Ctrl Shift F searches, Ctrl Shift C copies; all other keys are the guest's. */
function isOwn(event: KeyboardEvent, key: string): boolean {
  return event.type === "keydown" && event.ctrlKey && event.shiftKey && event.key.toLowerCase() === key;
}

interface SearchProps {
  /** Undefined until it is drawn. */
  readonly terminal: Terminal | undefined;
  readonly field: RefObject<HTMLInputElement | null>;
}

export function SerialTools({ terminal, field }: SearchProps) {
  const t = useText().serialSearch;
  const [typed, setTyped] = useState("");
  const [found, setFound] = useState({ at: -1, all: 0 });
  const [marked, setMarked] = useState(false);
  const [addon, setAddon] = useState<SearchAddon>();
  useEffect(() => {
    if (!terminal) return undefined;
    const search = new SearchAddon();
    terminal.loadAddon(search);
    setAddon(search);
    const results = search.onDidChangeResults(({ resultIndex, resultCount }) =>
      setFound({ at: resultIndex, all: resultCount }),
    );
    const marking = terminal.onSelectionChange(() => setMarked(terminal.hasSelection()));
    terminal.attachCustomKeyEventHandler((event) => {
      if (isOwn(event, "f")) field.current?.focus();
      else if (isOwn(event, "c") && terminal.hasSelection())
        void navigator.clipboard?.writeText(terminal.getSelection());
      else return true;
      event.preventDefault();
      return false;
    });
    return () => {
      results.dispose();
      marking.dispose();
      search.dispose();
    };
  }, [terminal, field]);
  function type(text: string): void {
    setTyped(text);
    // What is found already stays found while more of it is typed.
    if (text !== "") return void addon?.findNext(text, { ...options, incremental: true });
    addon?.clearDecorations();
    terminal?.clearSelection();
    setFound({ at: -1, all: 0 });
  }
  function step(back: boolean): void {
    if (typed === "") return;
    if (back) addon?.findPrevious(typed, options);
    else addon?.findNext(typed, options);
  }
  function end(): void {
    type("");
    terminal?.focus();
  }
  async function paste(): Promise<void> {
    try {
      terminal?.paste(await navigator.clipboard.readText());
    } catch {
      tell(t.noPaste);
    }
    terminal?.focus();
  }
  const said = typed === "" ? "" : found.all === 0 ? t.none : t.of(found.at + 1, found.all);
  const stepper = (label: string, back: boolean) => (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={label}
      disabled={found.all === 0}
      onClick={() => step(back)}
    >
      {back ? <IconChevronUp size={16} /> : <IconChevronDown size={16} />}
    </ActionIcon>
  );
  return (
    <search className={style["tools"]}>
      <TextInput
        ref={field}
        size="xs"
        aria-label={t.label}
        placeholder={`${t.open} (Ctrl Shift F)`}
        leftSection={<IconSearch size={14} />}
        rightSection={typed !== "" && <CloseButton size="xs" aria-label={t.end} onClick={end} />}
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") step(event.shiftKey);
          else if (event.key === "Escape") end();
          else return;
          event.preventDefault();
        }}
      />
      <span className="number soft" role="status">
        {said}
      </span>
      {stepper(t.before, true)}
      {stepper(t.next, false)}
      <span className={style["gap"]} />
      <Button
        variant="default"
        disabled={!marked}
        title={t.copyHint}
        onClick={() => void navigator.clipboard?.writeText(terminal?.getSelection() ?? "")}
      >
        {t.copy}
      </Button>
      <Button variant="default" onClick={() => void paste()}>
        {t.paste}
      </Button>
    </search>
  );
}
