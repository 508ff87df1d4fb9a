/** What this host answers for guests of other hosts: their names and addresses, and the ports that they publish. */
import { putReservation, removeReservation, type Reservation } from "#hypervisor/net/reservations";
import type { Networks } from "../networks.ts";
import { idOf, networkId } from "../record.ts";
import type { Elsewhere, RemoteMember } from "./elsewhere.ts";
import type { Spanned } from "./plan.ts";

interface Reserved {
  readonly network: string;
  readonly text: string;
  readonly reservation: Reservation;
}

export class KnownHere {
  readonly #networks: Networks;
  readonly #elsewhere: Elsewhere;
  /** As it was done last. */
  #reserved = new Map<string, Reserved>();
  #published = new Map<string, string>();

  constructor(networks: Networks, elsewhere: Elsewhere) {
    this.#networks = networks;
    this.#elsewhere = elsewhere;
  }

  /** Names of guests elsewhere are answered here too, and they are known here before they come. */
  async reserve(whole: readonly Spanned[]): Promise<void> {
    const plans = new Map(
      whole.flatMap(({ record, plan }) => {
        const { subnet } = plan;
        return subnet === undefined ? [] : [[idOf(record), { ...plan, subnet }] as const];
      }),
    );
    const wanted = new Map(
      this.#elsewhere
        .all()
        .flatMap(reservationsOf)
        .filter(({ network }) => plans.has(network))
        .map((one) => [`${one.network} ${one.reservation.mac}`, one]),
    );
    const gone = [...this.#reserved].filter(([key]) => !wanted.has(key)).map(([, one]) => one);
    // Whoever came here keeps them.
    const here = gone.length === 0 ? [] : await this.#networks.membersHere();
    const own = new Set(here.flatMap(({ nics }) => nics.map(({ mac }) => mac)));
    for (const { network, reservation } of gone) {
      const plan = plans.get(network);
      if (plan && !own.has(reservation.mac)) await removeReservation(plan, reservation.mac);
    }
    for (const [key, { network, text, reservation }] of wanted)
      if (this.#reserved.get(key)?.text !== text) await putReservation(plans.get(network)!, reservation);
    this.#reserved = wanted;
  }

  /** Whoever left this host took its names along: they are to be put in again. */
  forget(macs: readonly string[]): void {
    for (const [key, { reservation }] of this.#reserved)
      if (macs.includes(reservation.mac)) this.#reserved.delete(key);
  }

  async publish(): Promise<void> {
    const now = new Map<string, string[]>();
    for (const { project, nics, answered } of this.#elsewhere.all())
      for (const { network, address } of answered.length > 0 ? nics : []) {
        const id = networkId(project, network);
        now.set(id, [...(now.get(id) ?? []), JSON.stringify([address, answered])]);
      }
    const texts = new Map([...now].map(([id, all]) => [id, all.toSorted().join()]));
    const all = new Set([...texts.keys(), ...this.#published.keys()]);
    const changed = [...all].filter((id) => texts.get(id) !== this.#published.get(id));
    if (changed.length > 0) await this.#networks.refreshPublishesIn(new Set(changed));
    this.#published = texts;
  }
}

const reservationsOf = ({ name, project, nics }: RemoteMember): Reserved[] =>
  nics.flatMap(({ network, mac, address, address6 }) => {
    if (address === undefined) return [];
    const six = address6 === undefined ? {} : { address6 };
    const reservation = { mac, address, ...six, names: [name] };
    return [{ network: networkId(project, network), text: JSON.stringify(reservation), reservation }];
  });
