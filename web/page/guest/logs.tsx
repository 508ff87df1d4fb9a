/** What a guest's serial console and its QEMU said. */
import { Button, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { plain } from "../../text/plain.ts";
import { useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import style from "./logs.module.css";

type Source = "serial" | "qemu";
/** Lines. */
const tail = 500;

export function Logs({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const [source, setSource] = useState<Source>("serial");
  const query = { source, tail };
  const { data, error, refetch, isFetching } = useRead("guestLogs", { params: { guest: guest.id }, query });
  return (
    <>
      <div className={style["tools"]}>
        <SegmentedControl
          size="xs"
          value={source}
          onChange={(value) => setSource(value as Source)}
          aria-label={text.guest.logs}
          data={[
            { value: "serial", label: text.guest.logSerial },
            { value: "qemu", label: text.guest.logQemu },
          ]}
        />
        <Button variant="default" loading={isFetching} onClick={() => void refetch()}>
          {text.common.refresh}
        </Button>
      </div>
      {error && <Failure error={error} />}
      {data === undefined && !error && <Loading />}
      {data !== undefined && data.trim() === "" && <Empty title={text.guest.noLogs} />}
      {data !== undefined && data.trim() !== "" && (
        <pre className={style["log"]} tabIndex={0} aria-label={text.guest.logs}>
          {plain(data)}
        </pre>
      )}
    </>
  );
}
