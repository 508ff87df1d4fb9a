/**
 * Small pictures of displays, kept fresh for what is in sight: one round after another, few requests at once, none
 * while nobody looks at the page. The daemon is told which picture is here already, and sends it only where it is
 * another.
 */
import { pathOf } from "./api.ts";

type Draw = (picture: Blob | undefined) => void;

interface Watched {
  readonly draws: Set<Draw>;
  etag?: string;
  picture?: Blob;
}

/** Milliseconds between two rounds. */
const every = 5_000;

const watched = new Map<string, Watched>();
let timer: ReturnType<typeof setTimeout> | undefined;
let busy = false;

async function load(guest: string, one: Watched): Promise<void> {
  const headers = one.etag === undefined ? {} : { "if-none-match": one.etag };
  const answer = await fetch(pathOf("thumbnailGet", { guest }), { headers, cache: "no-store" }).catch(
    () => undefined,
  );
  if (answer?.status === 304) return;
  // It may break off: the next round asks again.
  const picture = answer?.ok ? await answer.blob().catch(() => undefined) : undefined;
  if (picture) {
    const etag = answer?.headers.get("etag");
    one.picture = picture;
    if (etag != null) one.etag = etag;
  } else {
    // What is shown is what is: of a guest that has just ended there is no picture.
    delete one.etag;
    delete one.picture;
  }
  for (const draw of one.draws) draw(one.picture);
}

async function round(): Promise<void> {
  if (busy) return;
  busy = true;
  clearTimeout(timer);
  if (document.visibilityState === "visible")
    for (const [guest, one] of watched) if (one.draws.size > 0) await load(guest, one);
  busy = false;
  timer = watched.size === 0 ? undefined : setTimeout(() => void round(), every);
}

/** Calls with the picture of a guest, and again whenever it is another, until the function that it returns is called. */
export function watchPicture(guest: string, draw: Draw): () => void {
  const one: Watched = watched.get(guest) ?? { draws: new Set() };
  watched.set(guest, one);
  one.draws.add(draw);
  if (one.picture) draw(one.picture);
  else if (busy) void load(guest, one);
  else {
    // Those that come into sight together begin one round.
    clearTimeout(timer);
    timer = setTimeout(() => void round(), 0);
  }
  return () => {
    one.draws.delete(draw);
    if (one.draws.size === 0) watched.delete(guest);
  };
}
