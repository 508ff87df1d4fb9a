/** Keeps a picture of all guests: lists them once, then lives from what changes. Ends after so many changes. */
import { connect } from "./connect.ts";

const [changes = "Infinity"] = process.argv.slice(2);
const lodge = connect();
const states = new Map<string, string>();

async function load(): Promise<string> {
  // `at` of the first page: what changes while the others are read is told again.
  const { at } = await lodge.page("guestList", { query: { limit: 1 } });
  states.clear();
  for (const { id, state } of await lodge.call("guestList")) states.set(id, state);
  console.log(`${states.size} guests`);
  return at;
}

let left = Number(changes);
for await (const frame of lodge.follow({ kinds: ["guest"], from: await load() })) {
  if (frame.type === "reset") await load();
  if (frame.type !== "change") continue;
  const guest = frame.object as { name: string; state: string } | undefined;
  if (guest) states.set(frame.id, guest.state);
  else states.delete(frame.id);
  console.log(`${frame.op}: ${guest ? `${guest.name} is ${guest.state}` : frame.id}`);
  if (--left <= 0) break;
}
