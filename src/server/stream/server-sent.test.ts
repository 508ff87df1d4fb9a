import assert from "node:assert/strict";
import { once } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import { ServerSentEvents } from "./server-sent.ts";

test("who has gone before the first word is gone from the start", async () => {
  const socket = new Socket();
  const response = new ServerResponse(new IncomingMessage(socket));
  response.assignSocket(socket);
  const closed = once(response, "close");
  socket.destroy();
  await closed;
  const events = new ServerSentEvents(response, {}, new AbortController().signal);
  assert.ok(hasCode(events.gone.reason, "api.client_gone"));
});
