import assert from "node:assert/strict";
import { test } from "node:test";
import { openLine } from "./line.ts";

test("what a line says goes on to whoever reads it, and the word with which it ends does not", () => {
  const socket = { close: () => undefined } as unknown as WebSocket;
  const received: unknown[] = [];
  const line = openLine({
    url: () => "ws://here/line",
    open: () => socket,
    begins: "desktop",
    receive: (frame) => received.push(frame),
    turned: () => undefined,
  });
  const frames = [{ type: "desktop" }, { type: "recording", on: true }];
  for (const frame of [...frames, { type: "end" }, { type: "error", problem: {} }])
    socket.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent);
  line.close();
  assert.deepEqual(received, frames);
});
