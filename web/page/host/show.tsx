/** The host, where it is alone. */
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Page } from "../../ui/page.tsx";
import { HostDetail } from "./detail.tsx";

export function HostShow() {
  const text = useText();
  const { data: host } = useRead("hostGet");
  return (
    <Page title={host?.name ?? text.host.title}>
      <HostDetail />
    </Page>
  );
}
