/** A host that is in no cluster, and may become the first of one. */
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useRead } from "../../data/query.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Page } from "../../ui/page.tsx";
import { HostDetail } from "./detail.tsx";
import { LetIn } from "./let-in.tsx";
import { MakeCluster } from "./make-cluster.tsx";

export function HostAlone() {
  const text = useText();
  const { data: host } = useRead("hostGet");
  const [making, make] = useDisclosure();
  const [letting, letIn] = useDisclosure();
  const buttons = useMayOnHost("admin") && host && (
    <>
      <Button variant="default" onClick={letIn.open}>
        {text.arrivals.action}
      </Button>
      <Button variant="default" onClick={make.open}>
        {text.cluster.make}
      </Button>
    </>
  );
  return (
    <Page title={host?.name ?? text.host.title} actions={buttons}>
      <HostDetail />
      {letting && <LetIn close={letIn.close} />}
      {making && host && <MakeCluster host={host.name} close={make.close} />}
    </Page>
  );
}
