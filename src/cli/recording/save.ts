import { open } from "node:fs/promises";
import { command } from "../command.ts";
import { fileError } from "../paths.ts";
import { formatSize } from "../values.ts";
import { findRecording } from "./find.ts";

/** Bytes that are asked for at once. */
const piece = 8 * 1024 ** 2;

export const save = command({
  operands: [
    { name: "RECORDING", complete: "recording" },
    { name: "FILE", optional: true, complete: "file" },
  ],
  options: {},
  about: `Saves the recording's file, also of one that is still being made, up to now. FILE is RECORDING.lodgerec where none
    is given. The page of a recording in the web interface plays such a file, from this Lodge or from another.`,
  examples: [["lodge recording save r0123456789", "saves r0123456789.lodgerec"]],
  async run({ operands }, { client, terminal }) {
    const { id, size } = await findRecording(client, operands[0] ?? "");
    const { [1]: path = `${id}.lodgerec` } = operands;
    const file = await open(path, "w", 0o600).catch((error: unknown) => {
      throw fileError(path, error);
    });
    try {
      for (let at = 0; at < size; at += piece) {
        const range = [at, Math.min(at + piece, size)] as const;
        await file.write(await client.call("recordingContent", { params: { recording: id } }, { range }));
      }
    } finally {
      await file.close();
    }
    terminal.print(`Saved ${path}, ${formatSize(size)}`);
  },
});
