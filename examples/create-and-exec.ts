/** Makes a guest, runs a command in it, prints what that said, and removes the guest. */
import { text } from "node:stream/consumers";
import { connect } from "./connect.ts";

const [image = "debian-13"] = process.argv.slice(2);
const lodge = connect();

const begun = await lodge.call("guestCreate", { body: { image, removeWhenStopped: false } });
const made = await lodge.waitFor(begun, {
  onProgress: ({ stepsDone, stepCount }) => console.error(`${stepsDone.length} of ${stepCount} steps`),
});
const { guest } = made.result as { guest: { id: string; name: string } };
try {
  const command = await lodge.exec(guest.id, { argv: ["uname", "-s"] });
  command.stdin.end();
  command.stderr.pipe(process.stderr);
  const [said, { code }] = await Promise.all([text(command.stdout), command.exit]);
  console.log(`${guest.name} says ${said.trim()} and ends with ${code}`);
} finally {
  const params = { guest: guest.id };
  await lodge.waitFor(await lodge.call("guestDelete", { params, query: { force: true } }));
}
