/** What was done to a guest, and what is being done. */
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { OperationTable } from "../operation/table.tsx";

export function GuestOperations({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const { data, error, refetch } = useRead("operationList", { query: { target: `guest:${guest.id}` } });
  if (error && !data) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  if (data.length === 0) return <Empty title={text.guest.noOperations} />;
  return <OperationTable operations={data} />;
}
