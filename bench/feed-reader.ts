/** A thread that reads the event stream and notes how long each change took to come; posts that when asked. */
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { WebSocket } from "ws";

const { path } = workerData as { path: string };
const samples: number[] = [];
let resets = 0;

const socket = new WebSocket("ws://lodge/v1/events?kinds=guest", {
  perMessageDeflate: false,
  createConnection: () => connect(path),
} as ConstructorParameters<typeof WebSocket>[2]);
socket.on("message", (data) => {
  const frame = JSON.parse(String(data)) as { type: string; object?: { description: string } };
  if (frame.type === "started") parentPort?.postMessage("started");
  else if (frame.type === "reset") resets++;
  else {
    // What began the change wrote down when, by the clock that all threads share.
    const begun = BigInt(frame.object?.description ?? "0");
    samples.push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
});
parentPort?.on("message", () => {
  parentPort?.postMessage({ samples, resets });
  socket.close();
});
