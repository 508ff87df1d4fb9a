/** Makes ten guests at once, each forked from the image's parked template, has each do its part, and collects. */
import { text } from "node:stream/consumers";
import { connect } from "./connect.ts";

const [image = "debian-13", count = "10"] = process.argv.slice(2);
const lodge = connect();

async function part(number: number): Promise<string> {
  // The same key is the same guest, however often this line is tried again.
  const idempotencyKey = `${process.pid}-${number}`;
  const begun = await lodge.call("guestCreate", { body: { image } }, { idempotencyKey });
  const made = await lodge.waitFor(begun);
  const { guest } = made.result as { guest: { id: string } };
  try {
    const command = await lodge.exec(guest.id, { argv: ["sh", "-c", `echo $((${number} * ${number}))`] });
    command.stdin.end();
    command.stderr.resume();
    const [said] = await Promise.all([text(command.stdout), command.exit]);
    return said.trim();
  } finally {
    const params = { guest: guest.id };
    await lodge.waitFor(await lodge.call("guestDelete", { params, query: { force: true } }));
  }
}

const parts = await Promise.all(Array.from({ length: Number(count) }, (_, i) => part(i)));
console.log(parts.join(" "));
