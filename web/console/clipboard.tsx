/** The clipboard between here and the guest: in step with the browser's, or by hand. */
import { Button, CopyButton, Group, Select, Switch, Textarea } from "@mantine/core";
import { IconClipboard } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../data/change.ts";
import { useText } from "../text/use-text.tsx";
import { BarPopover } from "./bar-popover.tsx";
import type { Share } from "./clipboard-share.ts";

type Guest = Schemas["Guest"];

interface ClipboardProps {
  readonly share: Share;
  readonly guest: Guest;
  readonly disabled: boolean;
}

export function Clipboard({ share, guest, disabled }: ClipboardProps) {
  const t = useText().console;
  const [opened, setOpened] = useState(false);
  return (
    <BarPopover
      label={t.clipboard}
      icon={<IconClipboard size={14} />}
      width={360}
      disabled={disabled}
      opened={opened}
      change={setOpened}
    >
      <Policy guest={guest} />
      <FileDropSwitch guest={guest} />
      <ClipboardText share={share} policy={guest.clipboard} done={() => setOpened(false)} />
    </BarPopover>
  );
}

/** As whoever watches calls the other side. */
interface ClipboardWords {
  readonly shareHint: string;
  readonly clipboardTextHint: string;
  readonly give: string;
}

interface TextProps {
  /** Without them, those of guests. */
  readonly words?: ClipboardWords;
  readonly share: Share;
  readonly policy: Guest["clipboard"];
  /** Something was given. */
  done(): void;
}

/** What was copied, as far as it may go anywhere. */
export function ClipboardText({ words, share, policy, done }: TextProps) {
  const t = { ...useText().console, ...words };
  const [typed, setTyped] = useState("");
  useEffect(() => setTyped(share.text), [share.text]);
  const [into, outOf] = [policy === "both" || policy === "in", policy === "both" || policy === "out"];
  if (policy === "none") return null;
  return (
    <>
      <Switch
        mt="sm"
        label={t.share}
        description={share.refused ? t.shareRefused : t.shareHint}
        checked={share.on}
        onChange={(event) => share.set(event.currentTarget.checked)}
      />
      <Textarea
        mt="sm"
        label={t.clipboardText}
        description={outOf ? t.clipboardTextHint : undefined}
        minRows={3}
        maxRows={10}
        autosize
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-autofocus
      />
      <Group mt="sm" gap="xs">
        {into && (
          <Button
            disabled={typed === ""}
            onClick={() => {
              share.give(typed);
              done();
            }}
          >
            {t.give}
          </Button>
        )}
        {outOf && "clipboard" in navigator && (
          <CopyButton value={typed}>
            {({ copied, copy }) => (
              <Button variant="default" disabled={typed === ""} onClick={copy}>
                {copied ? t.copied : t.copy}
              </Button>
            )}
          </CopyButton>
        )}
      </Group>
    </>
  );
}

/** Not text, but the other half of what goes between here and the guest. */
function FileDropSwitch({ guest }: { readonly guest: Guest }) {
  const t = useText().console;
  const { mutate } = useChange("guestUpdate");
  return (
    <Switch
      mt="sm"
      label={t.fileDrop}
      checked={guest.fileDrop}
      onChange={(event) =>
        mutate({ params: { guest: guest.id }, body: { fileDrop: event.currentTarget.checked } })
      }
    />
  );
}

const ways = ["both", "in", "out", "none"] as const;

/** Which way text may go: the guest's own setting, for all who watch it. */
function Policy({ guest }: { readonly guest: Guest }) {
  const t = useText().console;
  const { mutate } = useChange("guestUpdate");
  return (
    <Select
      label={t.policy}
      description={t.policies[guest.clipboard]}
      allowDeselect={false}
      comboboxProps={{ withinPortal: false }}
      data={ways.map((value) => ({ value, label: t.ways[value] }))}
      value={guest.clipboard}
      onChange={(value) => {
        const clipboard = ways.find((way) => way === value);
        if (clipboard) mutate({ params: { guest: guest.id }, body: { clipboard } });
      }}
    />
  );
}
