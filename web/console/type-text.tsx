/** Types a text into the guest, for those that no clipboard leads into. */
import { Button, Select, Textarea } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { useState } from "react";
import { useText } from "../text/use-text.tsx";
import { BarPopover } from "./bar-popover.tsx";
import { keepLayout, keptLayout, layouts, type Layout } from "./layouts.ts";

interface TypeTextProps {
  readonly disabled: boolean;
  /** Returns what the guest's keyboard has no key for. */
  send(text: string, layout: Layout): string;
}

export function TypeText({ disabled, send }: TypeTextProps) {
  const text = useText();
  const t = text.guest;
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState("");
  const [layout, setLayout] = useState(keptLayout);
  const [missing, setMissing] = useState("");
  return (
    <BarPopover
      label={t.typeText}
      icon={<IconKeyboard size={14} />}
      width={340}
      worded
      disabled={disabled}
      opened={opened}
      change={setOpened}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const left = send(typed, layout);
          setMissing(left);
          setTyped(left);
          if (left === "") setOpened(false);
        }}
      >
        <Textarea
          label={t.typeText}
          description={t.typeTextHint}
          error={missing === "" ? undefined : text.console.noKeyFor(missing)}
          autosize
          minRows={3}
          maxRows={10}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          spellCheck={false}
          data-autofocus
        />
        <Select
          mt="sm"
          label={text.console.guestLayout}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
          data={Object.entries(layouts).map(([value, label]) => ({ value, label }))}
          value={layout}
          onChange={(value) => {
            if (value === null) return;
            setLayout(value as Layout);
            keepLayout(value as Layout);
          }}
        />
        <Button type="submit" mt="sm" disabled={typed === ""}>
          {t.typeSend}
        </Button>
      </form>
    </BarPopover>
  );
}
