/** The host of a cluster that has something; nothing on a single host. */
import { NativeSelect } from "@mantine/core";
import { useText } from "../text/use-text.tsx";

interface HostSelectProps {
  readonly hosts: readonly string[];
  readonly value: string | undefined;
  change(host: string): void;
}

export function HostSelect({ hosts, value, change }: HostSelectProps) {
  const text = useText();
  if (hosts.length === 0) return null;
  return (
    <NativeSelect
      mb="md"
      label={text.guests.host}
      data={[...hosts]}
      value={value ?? ""}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
