/** How Ceph is reached, of a pool of its own. */
import { PasswordInput, TextInput } from "@mantine/core";
import { useText } from "../../text/use-text.tsx";

export interface CephAccess {
  /** With spaces or commas between them. */
  readonly monitors: string;
  readonly user: string;
  /** Empty: the one that is known stays. */
  readonly key: string;
}

export const noCeph: CephAccess = { monitors: "", user: "", key: "" };

/** What of a request it makes. */
export function cephBody({ monitors, user, key }: CephAccess) {
  return {
    monitors: monitors.split(/[\s,]+/).filter((one) => one !== ""),
    user: user.trim().replace(/^client\./, ""),
    ...(key.trim() === "" ? {} : { key: key.trim() }),
  };
}

interface CephFieldsProps {
  readonly access: CephAccess;
  change(access: CephAccess): void;
  /** Is there a key already? */
  readonly known: boolean;
}

export function CephFields({ access, change, known }: CephFieldsProps) {
  const t = useText().pools;
  const words = { autoCapitalize: "none", autoComplete: "off", spellCheck: false } as const;
  return (
    <>
      <TextInput
        {...words}
        required
        mb="md"
        label={t.monitors}
        description={t.monitorsHint}
        placeholder="10.0.0.11, 10.0.0.12:6789"
        value={access.monitors}
        onChange={(event) => change({ ...access, monitors: event.currentTarget.value })}
      />
      <TextInput
        {...words}
        required
        mb="md"
        label={t.cephUser}
        placeholder="lodge"
        value={access.user}
        onChange={(event) => change({ ...access, user: event.currentTarget.value })}
      />
      <PasswordInput
        autoComplete="off"
        required={!known}
        mb="md"
        label={t.cephKey}
        description={known ? t.cephKeyKept : t.cephKeyHint}
        value={access.key}
        onChange={(event) => change({ ...access, key: event.currentTarget.value })}
      />
    </>
  );
}
