/** What runs, and what ran. */
import { SegmentedControl } from "@mantine/core";
import { useSearchParams } from "react-router";
import { hasEnded } from "#contract/operation";
import { useOperations } from "../../data/operations.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Page } from "../../ui/page.tsx";
import { OperationTable } from "./table.tsx";

type Filter = "all" | "running" | "failed";

export function OperationList() {
  const text = useText();
  const { data, error, refetch } = useOperations();
  const [params, setParams] = useSearchParams();
  const filter = (params.get("show") ?? "all") as Filter;
  const shown = data?.filter((operation) => {
    if (filter === "running") return !hasEnded(operation);
    return filter !== "failed" || operation.status === "failed";
  });
  const choose = (
    <SegmentedControl
      size="xs"
      aria-label={text.common.state}
      value={filter}
      onChange={(value) => setParams(value === "all" ? {} : { show: value }, { replace: true })}
      data={[
        { value: "all", label: text.common.all },
        { value: "running", label: text.operations.onlyRunning },
        { value: "failed", label: text.operations.onlyFailed },
      ]}
    />
  );
  return (
    <Page title={text.operations.title} actions={choose}>
      <Awaited data={data} error={error} refetch={refetch} />
      {data?.length === 0 && <Empty title={text.operations.empty} hint={text.operations.emptyHint} />}
      {data && data.length > 0 && shown?.length === 0 && <Empty title={text.common.noMatch} />}
      {shown && shown.length > 0 && <OperationTable operations={shown} />}
    </Page>
  );
}
