/** What of the host does a guest reach? Frames are sent as a guest sends them, and what comes back is looked at. */
import { inOwnNamespace } from "../../vm/net/own-namespace.ts";
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { after, before, describe } from "node:test";
import { exec } from "#base/exec";
import { attack } from "../attack.ts";
import { ethernet, icmp, ipv4, ipv6, syn, udp, v4Bytes, v6Bytes, word } from "./frames.ts";
import { type Player, World } from "./world.ts";

const hostAddress = "198.51.100.1";
const port = 2222;

describe("a guest", { skip: !inOwnNamespace && "needs root", timeout: 120_000 }, () => {
  let world: World;
  let me: Player;
  let far: Player;
  let server: Server;
  let source = 20_000;

  before(async () => {
    world = await World.make();
    me = await world.guest("attacker");
    far = await world.guest("elsewhere", "other");
    await exec("ip", ["address", "add", `${hostAddress}/32`, "dev", "lo"]);
    // The host need not ask who the guest is.
    const { bridge } = me;
    await exec("ip", ["neigh", "replace", me.address, "lladdr", me.mac, "dev", bridge]);
    await exec("ip", ["neigh", "replace", me.local, "lladdr", me.mac, "dev", bridge]);
    server = createServer((socket) => socket.destroy()).listen(port, "::");
    await once(server, "listening");
    assert.ok(await accepts(me.gateway, 53), "DNS answers, so an answer is seen");
  });
  after(async () => {
    server.close();
    await world.end();
  });

  /** Does a connection to it begin? A ping that is answered comes after its answer. */
  async function accepts(address: string, at: number): Promise<boolean> {
    const ends = { from: address.includes(":") ? me.local : me.address, to: address };
    source += 1;
    const link = { from: me.mac, to: me.gatewayMac };
    const first = address.includes(":")
      ? ethernet(link, 0x86dd, ipv6({ ...ends, next: 6, payload: syn(ends, source, at) }))
      : ethernet(link, 0x0800, ipv4({ ...ends, protocol: 6, payload: syn(ends, source, at) }));
    const mark = Buffer.concat([word(source), Buffer.from("a ping's own words")]);
    const asked = { from: me.address, to: me.gateway, protocol: 1, payload: icmp(8, 0, mark) };
    me.end.got.length = 0;
    me.end.send(first, ethernet(link, 0x0800, ipv4(asked)));
    await me.end.until(mark.toString("hex"));
    const ports = Buffer.concat([word(at), word(source)]).toString("hex");
    const from = (address.includes(":") ? v6Bytes(address) : v4Bytes(address)).toString("hex");
    // SYN and ACK, at their place behind the ports and two numbers.
    const answer = new RegExp(`${from}[0-9a-f]*${ports}[0-9a-f]{16}[0-9a-f]{2}12`);
    return me.end.got.some((frame) => answer.test(frame));
  }
  const refused = async (address: string, at = port) =>
    assert.equal(await accepts(address, at), false, `${address} port ${at} is reached`);

  attack("reaches what listens on the host, by its gateway's address", () => refused(me.gateway));
  attack("reaches it by another address of the host", () => refused(hostAddress));
  attack("reaches it by 127.0.0.1", () => refused("127.0.0.1"));
  attack("reaches it by another project's gateway", () => refused(far.gateway));
  attack("reaches another project's DNS", () => refused(far.gateway, 53));
  attack("reaches it by IPv6, at the bridge's own address", async () => {
    const { stdout } = await exec("ip", ["-6", "-json", "address", "show", "dev", me.bridge]);
    const [link] = JSON.parse(stdout) as { addr_info?: { local: string }[] }[];
    for (const { local } of link?.addr_info ?? []) await refused(local);
    await refused("fe80::1");
    await refused("::1");
  });
  attack(
    "reaches another project's gateway and DNS by IPv6, or another bridge by its link-local address",
    async () => {
      const { stdout } = await exec("ip", ["-6", "-json", "address", "show", "dev", far.bridge]);
      const [link] = JSON.parse(stdout) as { addr_info?: { local: string }[] }[];
      const addresses = (link?.addr_info ?? []).map(({ local }) => local);
      assert.ok(addresses.some((address) => address.startsWith("fe80:")));
      for (const address of addresses) {
        await refused(address);
        await refused(address, 53);
      }
    },
  );
  attack("is answered by what listens on the host for UDP, by any of its addresses or by all", async () => {
    const said = Buffer.from("said to whoever asks");
    const [four, six] = [createSocket("udp4"), createSocket({ type: "udp6", ipv6Only: true })];
    let heard = 0;
    for (const socket of [four, six])
      socket.on("message", (_, { port: from, address }) => {
        heard += 1;
        socket.send(said, from, address);
      });
    await Promise.all([once(four.bind(port), "listening"), once(six.bind(port), "listening")]);
    try {
      me.end.got.length = 0;
      const to4 = [me.gateway, hostAddress, "127.0.0.1", far.gateway, "255.255.255.255", "224.0.0.251"];
      const { stdout } = await exec("ip", ["-6", "-json", "address", "show", "dev", me.bridge]);
      const [link] = JSON.parse(stdout) as { addr_info?: { local: string }[] }[];
      const to6 = [...(link?.addr_info ?? []).map(({ local }) => local), "ff02::1"];
      for (const to of to4) {
        const ends = { from: me.address, to };
        const payload = udp(ends, 4000, port, Buffer.from("who is there?"));
        const mac = /^2(24|55)/.test(to) ? "ff:ff:ff:ff:ff:ff" : me.gatewayMac;
        me.end.send(ethernet({ from: me.mac, to: mac }, 0x0800, ipv4({ ...ends, protocol: 17, payload })));
      }
      for (const to of to6) {
        const ends = { from: me.local, to };
        const payload = udp(ends, 4000, port, Buffer.from("who is there?"));
        const mac = to.startsWith("ff") ? "33:33:00:00:00:01" : me.gatewayMac;
        me.end.send(ethernet({ from: me.mac, to: mac }, 0x86dd, ipv6({ ...ends, next: 17, payload })));
      }
      // What a ping's answer comes after has been looked at.
      assert.ok(await accepts(me.gateway, 53));
      assert.equal(heard, 0, "nothing came to it");
      four.send("who is there?", port, "127.0.0.1");
      await once(four, "message");
    } finally {
      four.close();
      six.close();
    }
  });
  attack("reaches where clouds keep credentials", async () => {
    await exec("ip", ["address", "add", "169.254.169.254/32", "dev", "lo"]);
    await refused("169.254.169.254");
  });
});
