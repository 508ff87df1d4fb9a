/** The end of a form in a dialog: what went wrong with it, the way out, and the way on. */
import { Button, Group } from "@mantine/core";
import type { LodgeError } from "#contract/errors";
import { useText } from "../text/use-text.tsx";
import { Failure } from "./failure.tsx";

interface FormEndProps {
  /** What the form does, in a word. */
  readonly action: string;
  readonly close: () => void;
  readonly error?: LodgeError | null;
  readonly pending?: boolean;
  readonly disabled?: boolean;
  /** It takes something away. */
  readonly destroys?: boolean;
}

export function FormEnd({ action, close, error, pending, disabled, destroys }: FormEndProps) {
  const text = useText();
  return (
    <>
      {error && (
        <div style={{ marginTop: 16 }}>
          <Failure error={error} />
        </div>
      )}
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={close}>
          {text.common.cancel}
        </Button>
        <Button
          type="submit"
          loading={pending ?? false}
          disabled={disabled ?? false}
          {...(destroys ? { color: "red.8" } : {})}
        >
          {action}
        </Button>
      </Group>
    </>
  );
}

/** Of one that has nothing more to do. */
export function Over({ close }: { close(): void }) {
  const text = useText();
  return (
    <Group justify="flex-end" mt="lg">
      <Button onClick={close}>{text.common.close}</Button>
    </Group>
  );
}
