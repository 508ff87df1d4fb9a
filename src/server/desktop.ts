import { actorName } from "#domain/access/actor";
import type { CallName } from "#contract/call";
import type { Handlers, StreamHandlers } from "./handler.ts";
import type { DesktopService } from "./services.ts";

type DesktopRoute = Extract<CallName, `desktop${string}` | `myDesktop${string}`>;

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
  desktopShadow: ({ params, body, actor }) => desktops.shadow(params.desktop, actorName(actor), body),
  myDesktopList: (call) => desktops.mine.list(askerOf(call)),
  myDesktopConnect: (call) => desktops.mine.connect(call.params.offer, call.body, askerOf(call)),
  myDesktopSignOff: (call) => desktops.mine.signOff(call.params.offer, askerOf(call)),
  myDesktopRestart: (call) => desktops.mine.restart(call.params.offer, askerOf(call)),
  myDesktopReset: (call) => desktops.mine.reset(call.params.offer, askerOf(call)),
});

const askerOf = ({
  actor,
  obstacle,
  origin,
}: Pick<Parameters<Handlers<"myDesktopList">["myDesktopList"]>[0], "actor" | "obstacle" | "origin">) => ({
  actor,
  address: origin.address,
  obstacle: () => obstacle("self"),
});

export const desktopStreams = (desktops: DesktopService): StreamHandlers<"desktopLine"> => ({
  async desktopLine(channel, { params }) {
    const close = await desktops.openLine(
      params.desktop,
      (frame) => void channel.sendTexts([{ at: "", json: JSON.stringify(frame) }]).catch(() => undefined),
    );
    const gone = Promise.withResolvers<void>();
    channel.gone.addEventListener("abort", () => gone.resolve(), { once: true });
    await gone.promise.finally(close);
  },
});
