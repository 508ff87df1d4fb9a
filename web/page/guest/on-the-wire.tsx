/** What was seen of a guest's network cards: with which addresses they were heard, and how much was dropped. */
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { integer } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";

/** Nothing tells when they change; milliseconds. */
const every = 5000;

export function OnTheWire({ guest }: { readonly guest: Schemas["Guest"] }) {
  const { text, language } = useLanguage();
  const t = text.firewalls;
  const of = { params: { guest: guest.id } };
  const addresses = useRead("guestAddressList", of, { every }).data ?? [];
  const drops = useRead("guestDropList", of, { every }).data ?? [];
  const count = (n: number) => integer(n, language);
  const seen = guest.nics.map(({ id }) => {
    const heard = addresses.filter((one) => one.nic === id && one.heard !== undefined);
    const { refused, denied } = drops.find(({ nic }) => nic === id) ?? {};
    const said = [
      ...heard.map(({ address, heard: ago = 0 }) => (
        <div key={address}>
          <span className="mono">{address}</span> <span className="soft">{t.heardAgo(ago)}</span>
        </div>
      )),
      refused === undefined ? undefined : <div key="refused">{t.refused(refused, count(refused))}</div>,
      denied === undefined ? undefined : <div key="denied">{t.denied(denied, count(denied))}</div>,
    ].filter((line) => line !== undefined);
    return [id, said.length > 0 ? said : undefined] as const;
  });
  if (seen.every(([, said]) => said === undefined)) return null;
  return (
    <Section title={t.wire} hint={t.wireHint}>
      <Card>
        <Facts of={seen} />
      </Card>
    </Section>
  );
}
