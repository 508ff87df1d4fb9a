/** Answers on a socket while the daemon cannot: every request gets the same error, so that whoever asks knows why. */
import type { LodgeError } from "#contract/errors";
import { listenUnix } from "./listen.ts";

const { createServer } = process.getBuiltinModule("node:http");

/** Until the function that it resolves to is called. @throws LodgeError api.address_in_use */
export async function answerWith(error: LodgeError, socket: string): Promise<() => Promise<void>> {
  const problem = error.toProblem();
  const body = JSON.stringify(problem);
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(problem.status, { "content-type": "application/problem+json", connection: "close" });
    response.end(body);
  });
  server.on("upgrade", (_request, connection) => {
    connection.end(
      `HTTP/1.1 ${problem.status} Unavailable\r\ncontent-type: application/problem+json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
  await listenUnix(server, socket);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
