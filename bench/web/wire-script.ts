/** Has a page count what its WebSockets carry, as frames on the wire; what tells an administrator's page of changes is left out. */
export const wireScript = `
(() => {
  globalThis.wire = { received: 0, sent: 0 };
  const lengthOf = (data) => data.byteLength ?? data.size ?? new TextEncoder().encode(data).length;
  const framed = (length) => length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);
  const counted = new WeakSet();
  // Not a class of our own: noVNC looks for what a socket can do in its class itself.
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (counted.has(this)) wire.sent += framed(lengthOf(data)) + 4;
    send.call(this, data);
  };
  globalThis.WebSocket = new Proxy(WebSocket, {
    construct(Socket, words) {
      const socket = new Socket(...words);
      if (!new URL(socket.url).pathname.endsWith("/v1/events")) {
        counted.add(socket);
        socket.addEventListener("message", ({ data }) => (wire.received += framed(lengthOf(data))));
      }
      return socket;
    },
  });
})()`;
