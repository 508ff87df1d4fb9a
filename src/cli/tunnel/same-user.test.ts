import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { describe, it } from "node:test";
import { isSameUser, tellsUsers, userOf } from "./same-user.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1111 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 2222 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 3333 1 0 20 4 30 10 -1
   3: 0100007F:C351 0100007F:1F90 06 00000000:00000000 03:0000176F 00000000     0        0 0 3 0
`;
const six = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:C352 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 4444 1 0
`;

describe("whose a connection over loopback is", () => {
  it("is what the row of its other end says, and not that of this one", () => {
    assert.equal(userOf(table, 50_000, 8080), 1001);
    assert.equal(userOf(six, 50_002, 8080), 1002);
  });

  it("is nobody's where its program has closed it, though the kernel calls it root's, and where there is no row", () => {
    assert.equal(userOf(table, 50_001, 8080), undefined);
    assert.equal(userOf(table, 50_003, 8080), undefined);
    assert.equal(userOf("", 50_000, 8080), undefined);
  });
});

describe(
  "a connection over loopback",
  { skip: process.platform !== "linux" && "the kernel does not tell" },
  () => {
    it("is told to be of the own user, and of another's", async (t) => {
      assert.ok(await tellsUsers());
      const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const accepted = () => once(server, "connection") as Promise<[Socket]>;
      t.after(() => server.close());

      const coming = accepted();
      const own = connect(port, "127.0.0.1");
      const [near] = await coming;
      assert.ok(await isSameUser(near));
      own.destroy();
      near.destroy();

      if (process.getuid?.() !== 0) return;
      const next = accepted();
      const program = `require("node:net").connect(${port}, "127.0.0.1")`;
      const other = spawn(process.execPath, ["-e", program], { uid: 65_534, gid: 65_534, stdio: "ignore" });
      t.after(() => other.kill("SIGKILL"));
      const [foreign] = await next;
      assert.equal(await isSameUser(foreign), false);
      foreign.destroy();
    });
  },
);
