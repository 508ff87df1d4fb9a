/** How much of a host's memory is promised: it is asked for where it is shown. */
import { useRead } from "../../data/query.ts";
import { bytes } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Meter } from "../../ui/meter.tsx";

/** Milliseconds: nothing tells of it when guests of other hosts change. */
const every = 15_000;

export function PromisedShare({ host }: { readonly host: string }) {
  const { text, language } = useLanguage();
  const { data } = useRead("hostPromise", {}, { host, every });
  if (!data) return null;
  const { promised, limit } = data.memory;
  const words = text.hosts.of(bytes(promised, language), bytes(limit, language));
  return (
    <span title={words}>
      <span className="number">{words}</span>
      <Meter label={text.hosts.memoryPromised} share={limit === 0 ? 0 : promised / limit} />
    </span>
  );
}
