import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import type { Put } from "#durable/store/store";
import { restingGuest } from "../../../../test/fakes/resting-guest.ts";
import type { RecordedNic } from "../../network/member.ts";
import { makeNic } from "../../network/nic.ts";
import { addressKey, networkByName, networkKey, type NetworkRecord } from "../../network/record.ts";
import { projectKey } from "../../project/record.ts";
import type { Cargo } from "../migrate/cargo.ts";
import { guestKey, guestNameKey, type GuestRecord } from "../record.ts";
import { adapt, type AdaptParts } from "./adapt.ts";

const nic: RecordedNic = {
  id: "nic0",
  network: "default",
  mac: "52:54:00:4a:1b:7c",
  address: "10.77.3.12",
  wired: true,
};
const network = (name: string, subnet: string): NetworkRecord => ({ name, kind: "nat", index: 1, subnet });

async function adapted(
  guest: Partial<GuestRecord>,
  { wishes = {}, records = [] }: { wishes?: Parameters<typeof adapt>[2]; records?: readonly Put[] } = {},
) {
  const store = new MemoryStore();
  const default0 = network("default", "10.77.3.0/24");
  await store.transact({ put: [{ key: networkKey("default"), value: default0 }, ...records] });
  const networks: AdaptParts["networks"] = {
    async newNic(id, wish, project) {
      const asked = typeof wish === "string" ? { network: wish } : wish;
      return makeNic(
        { store, members: async () => [] },
        await networkByName(store, asked.network, project),
        id,
        asked,
      );
    },
    claims: ({ id }, nics) =>
      nics.flatMap(({ network: at, address }) =>
        address === undefined ? [] : [{ key: addressKey(at, address), value: id }],
      ),
  };
  const cargo: Cargo = {
    guest: { ...restingGuest, nics: [nic], ...guest },
    live: false,
    layers: [],
    images: [],
    snapshots: [],
    volumes: [],
    files: [],
  };
  return adapt({ store, networks, host: "rack" }, cargo, wishes);
}

describe("a guest from outside", () => {
  it("keeps its MAC and its address, and has both and its name kept for it", async () => {
    const { cargo, blockers, warnings, claims } = await adapted({});
    assert.deepEqual([blockers, warnings], [[], []]);
    const [card] = cargo.guest.nics;
    assert.deepEqual([card!.mac, card!.address, cargo.guest.host], [nic.mac, nic.address, "rack"]);
    assert.deepEqual(
      claims.map(({ key }) => key),
      ["guest-names/default/web", "addresses/default/10.77.3.12"],
    );
  });

  it("gets another address where its own is somebody's or of another network, and is told so", async () => {
    const taken = { key: addressKey("default", nic.address!), value: "g9" };
    const lab = { key: networkKey("lab"), value: network("lab", "10.9.0.0/24") };
    const beside = await adapted({}, { records: [taken] });
    const elsewhere = await adapted({}, { wishes: { networks: { default: "lab" } }, records: [lab] });
    for (const { cargo, warnings, blockers } of [beside, elsewhere]) {
      assert.deepEqual(blockers, []);
      assert.equal(cargo.guest.nics[0]!.mac, nic.mac);
      assert.match(warnings[0]!, /had 10\.77\.3\.12 and gets 10\./);
    }
    assert.match(elsewhere.cargo.guest.nics[0]!.address!, /^10\.9\.0\./);
  });

  it("is told what is in its way by name, each with its fix", async () => {
    const volume = { id: "vdb", layer: "l1", volume: "v1" } as unknown as GuestRecord["disks"][number];
    const { blockers } = await adapted(
      {
        disks: [volume],
        ha: {} as never,
        replica: {} as never,
        firewalls: ["front"],
        nics: [{ ...nic, network: "lab" }],
      },
      { records: [{ key: guestNameKey("default", "web"), value: "g9" }] },
    );
    assert.deepEqual(
      blockers.map(({ what }) => what),
      ["name", "ha", "replica", "volume", "firewall", "network"],
    );
    assert.match(blockers.at(-1)!.fix, /--network lab=NAME/);
    assert.match(blockers[0]!.fix, /--name/);
  });

  it("comes by another name and into another project, where that is there", async () => {
    const wishes = { name: "shop", project: "team" };
    const refused = await adapted({}, { wishes });
    assert.deepEqual(
      refused.blockers.map(({ what }) => what),
      ["project"],
    );
    const team = { key: projectKey("team"), value: { name: "team" } };
    const theirs = {
      key: networkKey("team.default"),
      value: { ...network("default", "10.8.0.0/24"), project: "team" },
    };
    const { cargo, claims, blockers } = await adapted({}, { wishes, records: [team, theirs] });
    assert.deepEqual([blockers, cargo.guest.name, cargo.guest.project], [[], "shop", "team"]);
    assert.equal(claims[0]!.key, "guest-names/team/shop");
  });

  it("that is here already is not taken twice", async () => {
    const { blockers } = await adapted({}, { records: [{ key: guestKey(restingGuest.id), value: {} }] });
    assert.equal(blockers[0]!.what, "guest");
  });
});
