/** Something that is shown this once, to be copied. */
import { Button, CopyButton, Group, Text } from "@mantine/core";
import { useText } from "../text/use-text.tsx";
import style from "../page/session/card.module.css";
import { Dialog } from "./dialog.tsx";

interface SecretProps {
  readonly title: string;
  readonly hint: string;
  /** Nothing is shown without. */
  readonly secret: string | undefined;
  close(): void;
}

export function Secret({ title, hint, secret, close }: SecretProps) {
  const text = useText();
  return (
    <Dialog opened={secret !== undefined} onClose={close} title={title} closeOnClickOutside={false}>
      <Text size="sm">{hint}</Text>
      <code
        className={`mono ${style["command"]}`}
        style={{ overflowWrap: "anywhere", whiteSpace: "pre-line" }}
      >
        {secret}
      </code>
      <Group justify="flex-end" mt="lg" gap="xs">
        <CopyButton value={secret ?? ""}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? text.common.copied : text.common.copy}
            </Button>
          )}
        </CopyButton>
        <Button onClick={close}>{text.common.close}</Button>
      </Group>
    </Dialog>
  );
}
