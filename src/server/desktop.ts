import { actorName, holderOf } from "#domain/access/actor";
import type { CallName } from "#contract/call";
import type { Call, Handlers, StreamHandlers } from "./handler.ts";
import type { DesktopService } from "./services.ts";
import { serveLine } from "./stream/desktop-line.ts";

type DesktopRoute = Extract<
  CallName,
  `desktop${string}` | `myDesktop${string}` | `peer${"Home" | "Desktop"}${string}`
>;

export const desktopHandlers = (desktops: DesktopService): Handlers<DesktopRoute> => ({
  desktopPoolList: ({ sight }) => desktops.pools.list(sight),
  desktopPoolGet: ({ params }) => desktops.pools.get(params.desktopPool),
  desktopPoolCreate: ({ body, project }) => desktops.pools.create(body, project),
  desktopPoolUpdate: ({ params, body }) => desktops.pools.update(params.desktopPool, body),
  desktopPoolDelete: ({ params, query }) =>
    desktops.pools.remove(params.desktopPool, { force: query.force ?? false }),
  desktopList: ({ query, sight }) => desktops.list(query, sight),
  desktopGet: ({ params }) => desktops.get(params.desktop),
  desktopEnd: ({ params, body }) => desktops.end(params.desktop, body),
  desktopReset: ({ params }) => desktops.reset(params.desktop),
  desktopMessage: ({ params, body, actor }) => desktops.message(params.desktop, actorName(actor), body.text),
  async desktopShadow({ params, body, actor, origin, obstacle, signal, note }) {
    const shadowing = await desktops.shadow(params.desktop, body, {
      holder: holderOf(actor),
      name: actorName(actor),
      ...(origin.address === undefined ? {} : { address: origin.address }),
      obstacle: () => obstacle("operator"),
      signal,
    });
    const { control, consent } = shadowing;
    note(
      `${consent ? "its user consented" : "with a notice"}, ${control ? "keys and pointer count" : "to look on"}`,
    );
    return shadowing;
  },
  desktopTicket: (call) => desktops.mine.ticket(call.params.desktop, askerOf(call)),
  async desktopFileList(call) {
    await requireHis(desktops, call);
    return desktops.files(call.params.desktop, call.signal);
  },
  async desktopFileGet(call) {
    const { params, query, signal, note } = call;
    await requireHis(desktops, call);
    const { poolName: pool } = await desktops.get(params.desktop);
    note(`${query.name}, from a desktop of ${pool}`);
    const file = await desktops.file(params.desktop, query.name, signal);
    note(`${query.name}, ${file.size} bytes, from a desktop of ${pool}`);
    return file;
  },
  peerDesktopReport: async () => desktops.reports(),
  peerHomeFile: ({ params }) => desktops.homes.file(params.layer),
  peerHomePiece: ({ params, query: { offset, length } }) =>
    desktops.homes.piece(params.layer, offset, length),
  async peerHomeTidy() {
    await desktops.homes.tidy();
    return {};
  },
  myDesktopList: (call) => desktops.mine.list(askerOf(call)),
  myDesktopConnect: (call) => desktops.mine.connect(call.params.offer, call.body, askerOf(call)),
  myDesktopSignOff: (call) => desktops.mine.signOff(call.params.offer, askerOf(call)),
  myDesktopRestart: (call) => desktops.mine.restart(call.params.offer, askerOf(call)),
  myDesktopReset: (call) => desktops.mine.reset(call.params.offer, askerOf(call)),
});

/** He is entitled to it still. */
async function requireHis(desktops: DesktopService, call: Asking & DesktopParams): Promise<void> {
  const refused = await desktops.mine.obstacle(call.params.desktop, askerOf(call));
  if (refused) throw refused;
}

type Asking = Pick<Call<"myDesktopList">, "actor" | "origin" | "obstacle">;
type DesktopParams = Pick<Call<"desktopFileList">, "params">;

const askerOf = ({ actor, origin, obstacle }: Asking) => ({
  actor,
  address: origin.address,
  obstacle: () => obstacle("self"),
});

export const desktopStreams = (desktops: DesktopService): StreamHandlers<"desktopLine"> => ({
  desktopLine(channel, call) {
    const { desktop } = call.params;
    // His stream is counted already.
    const held = call.hold({
      holder: undefined,
      obstacle: () => desktops.mine.obstacle(desktop, askerOf(call)),
    });
    return serveLine(desktops, { desktop, holder: holderOf(call.actor), held }, channel);
  },
});
