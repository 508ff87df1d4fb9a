/**
 * `talk.ts serve PORT` gives back what anybody says; `talk.ts ADDRESS PORT` holds one connection, says there each line of
 * its input, and prints what comes back: "joined" first, "over" last.
 */
import { connect, createServer } from "node:net";

const [first = "", port = ""] = process.argv.slice(2);

if (first === "serve") {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(`joined by ${socket.remoteAddress?.replace("::ffff:", "")}\n`);
    socket.pipe(socket);
  });
  server.listen(Number(port), "::", () => console.log("ready"));
} else {
  const socket = connect(Number(port), first);
  socket.on("error", () => undefined);
  socket.on("close", () => console.log("over"));
  socket.pipe(process.stdout);
  process.stdin.pipe(socket);
}
