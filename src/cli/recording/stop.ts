import { command } from "../command.ts";
import { formatDuration, formatSize } from "../values.ts";
import { findRecording } from "./find.ts";

export const stop = command({
  operands: [{ name: "RECORDING", complete: "recording" }],
  options: {},
  about: "RECORDING is its id, or the guest that is recorded.",
  examples: [["lodge recording stop web", "ends the recording that is being made of it"]],
  async run({ operands }, { client, terminal }) {
    const { id: recording } = await findRecording(client, operands[0] ?? "");
    const { id, guestName, seconds, size } = await client.call("recordingStop", { params: { recording } });
    terminal.print(`${id} of ${guestName} has ended: ${formatDuration(seconds * 1000)}, ${formatSize(size)}`);
  },
});
