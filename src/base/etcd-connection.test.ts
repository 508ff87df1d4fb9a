import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FakeGateway, refuse } from "../../test/fakes/fake-gateway.ts";
import { EtcdConnection, EtcdRefusal, EtcdSilence } from "./etcd-connection.ts";

let gateway: FakeGateway;
let connection: EtcdConnection;
before(async () => {
  gateway = await FakeGateway.start({
    "/ok": (body) => ({ got: body }),
    "/no": refuse(11, "etcdserver: mvcc: required revision has been compacted"),
    "/silent": () => undefined,
    "/cut": (_, response) => void response.write('{"half', () => response.destroy()),
    "/stream": (_, response) => {
      response.write('{"result":{"n":1}}\n{"resu');
      setImmediate(() =>
        response.end('lt":{"n":2}}\n\n{"result":{"n":3}}\n{"error":{"grpc_code":14,"message":"gone"}}'),
      );
    },
  });
  connection = new EtcdConnection(gateway.endpoint);
});
after(async () => {
  connection.close();
  await gateway.stop();
});

const silence = (sent: boolean) => (error: unknown) => error instanceof EtcdSilence && error.sent === sent;

describe("a call to etcd's gateway", () => {
  it("hands over JSON and brings JSON back", async () => {
    assert.deepEqual(await connection.call("/ok", { a: 1 }), { got: { a: 1 } });
  });

  it("tells a refusal with its code", () =>
    assert.rejects(
      connection.call("/no", {}),
      (error) => error instanceof EtcdRefusal && error.grpc === 11 && /compacted/.test(error.message),
    ));

  it("tells whether what was not answered had been sent", async () => {
    await assert.rejects(connection.call("/silent", {}, { patience: 30 }), silence(true));
    await assert.rejects(connection.call("/cut", {}), silence(true));
    const nobody = new EtcdConnection("http://127.0.0.1:1");
    await assert.rejects(nobody.call("/ok", {}), silence(false));
  });

  it("ends with its signal's reason", async () => {
    const ending = new AbortController();
    const call = connection.call("/silent", {}, { signal: ending.signal });
    ending.abort(new RangeError("enough"));
    await assert.rejects(call, RangeError);
  });
});

describe("a stream of etcd's gateway", () => {
  it("gives each message once it is whole, and ends with the failure in it", async () => {
    const seen: unknown[] = [];
    const { signal } = new AbortController();
    await assert.rejects(
      async () => {
        for await (const message of connection.stream("/stream", {}, signal)) seen.push(message);
      },
      (error) => error instanceof EtcdRefusal && error.grpc === 14,
    );
    assert.deepEqual(seen, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});
