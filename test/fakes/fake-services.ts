/**
 * The domain in memory, for tests of what stands before it: a few guests whose states change at once,
 * operations that end when a test says so, and commands that behave in known ways.
 */
import { systemClock } from "#base/clock";
import { MemoryStore } from "#durable/store/memory";
import { Drains } from "#domain/cluster/drain/drains";
import { FenceDevices } from "#domain/cluster/fence/devices";
import { randomBytes } from "node:crypto";
import type { GuestAction } from "#contract/actions";
import { LodgeError } from "#contract/errors";
import type { GuestStateName } from "#contract/schema/guest";
import type { Schemas } from "#contract/schemas";
import { Networks } from "#domain/network/networks";
import { firewallService } from "../../src/daemon/firewall-service.ts";
import { Access } from "#domain/access/access";
import { openPass } from "#domain/host/demand";
import { Uploads } from "#domain/upload/uploads";
import { silentLog } from "#base/log";
import { requireAction } from "#domain/guest/state";
import { describePromise } from "#domain/host/promise";
import { nothing } from "#domain/project/quota";
import { Projects } from "#domain/project/projects";
import { EventLog } from "#domain/host/events";
import { Replies } from "#domain/request/replies";
import { Webhooks } from "#domain/webhook/webhooks";
import type { GuestService, SnapshotService, HostService, ImageService, Services } from "#server/services";
import { FakeMembership } from "./fake-membership.ts";
import { FakeConsoles } from "./fake-consoles.ts";
import { FakeDesktops } from "./fake-desktops.ts";
import { FakeEvents } from "./fake-events.ts";
import { FakeSnapshots } from "./fake-snapshots.ts";
import { FakeOperations } from "./fake-operations.ts";
import { FakeRecordings } from "./fake-recordings.ts";
import { fakePlacement } from "./fake-placement.ts";
import { FakePools, FakeVolumes } from "./fake-storage.ts";
import { FakeVisits } from "./fake-visits.ts";
import { FakeStreams } from "./fake-streams.ts";
import { fakeWatch } from "./fake-watch.ts";
import { pngSignature } from "./png-signature.ts";

type Guest = Schemas["Guest"];

const since = "2026-01-02T03:04:05.000Z";

export function fakeGuest(name: string, more: Partial<Guest> = {}): Guest {
  return {
    id: `g${name.padEnd(10, "0").slice(0, 10)}`,
    name,
    project: "default",
    description: "",
    labels: {},
    createdAt: since,
    state: "running",
    stateSince: since,
    cpus: 1,
    memory: 536_870_912,
    machine: {
      type: "pc-q35-7.2",
      cpuModel: "max",
      firmware: "bios",
      secureBoot: false,
      tpm: false,
      layout: 1,
    },
    disks: [
      { id: "disk0", bus: "virtio-blk", format: "qcow2", size: 10_737_418_240, serial: "g000-disk0" },
      { id: "disk1", bus: "virtio-scsi", format: "raw", size: 1_073_741_824, serial: "g000-disk1" },
    ],
    nics: [{ id: "nic0", network: "default", mac: "52:54:00:00:00:01", address: "10.77.3.2" }],
    drives: [{ id: "cd0" }, { id: "cd1" }],
    boot: "disk",
    publish: [],
    restart: "never",
    startOrder: 100,
    onHostShutdown: "suspend",
    clipboard: "both",
    fileDrop: true,
    removeWhenStopped: false,
    uuid: "6a0f1f1c-0000-4000-8000-000000000001",
    hostname: name,
    agent: "lodge",
    origin: { image: "debian-13", how: "fork", template: "t0000000000" },
    accelerator: "tcg",
    pid: 4242,
    ...more,
  };
}

/** Tests guess nobody's password. */
export const cheapHash = { memory: 64, passes: 1, parallelism: 1 };

/** A host of no particular size. */
const promising = { size: { memory: 2 ** 33, cpus: 4, disk: 2 ** 37 }, overcommit: {} };

const noCopy = { torn: false, tops: {}, layers: [] };

export class FakeServices implements Services {
  readonly operations = new FakeOperations();
  readonly drains = new Drains();
  /** What fence devices go by: which hosts there are. */
  readonly members = new MemoryStore();
  readonly fences = new FenceDevices({ store: this.members, clock: systemClock });
  readonly replicas: Services["replicas"] = {
    set: async (guest) => this.operations.begin("guest.replicate", [`replica:${guest}`]),
    remove: async (guest) => this.guest(guest, "update"),
    promote: async (guest) => ({ guest, host: "h2", syncedAt: "2026-09-01T12:00:00.000Z", lost: false }),
    prepare: async () => ({ files: [] }),
    open: async () => noCopy,
    keep: async () => noCopy,
    close: async () => noCopy,
    drop: async () => noCopy,
  };
  readonly cluster = new FakeMembership(this.operations);
  readonly arrivals: Services["arrivals"] = {
    look: async () => ({ bytes: 0, blockers: [] }),
    begin: async ({ move }) => this.operations.begin("guest.arrive", [`move:${move}`]),
  };
  readonly visits = new FakeVisits();
  readonly placement = fakePlacement();
  readonly pools = new FakePools();
  readonly desktops = new FakeDesktops();
  readonly volumes = new FakeVolumes(this.operations);
  readonly events = new FakeEvents();
  readonly streams = new FakeStreams((ref) => this.guest(ref, "exec"));
  readonly consoles = new FakeConsoles((ref) => this.guest(ref, "console").id);
  readonly sounds = this.consoles;
  readonly recordings = new FakeRecordings((ref) => this.guest(ref, "console"));
  readonly known = new Map<string, Guest>();
  /** What shutdowns were asked for. */
  readonly shutdowns: Schemas["ShutdownBody"][] = [];
  readonly store = new MemoryStore();
  readonly objects: Services["objects"] = {
    find: async (noun, ref, project) => {
      const owner = { project };
      switch (noun) {
        case "guest": {
          const guest = this.known.get(ref) ?? [...this.known.values()].find(({ id }) => id === ref);
          return guest && { id: guest.name, owner: { project: guest.project } };
        }
        case "operation":
          return this.operations.has(ref) ? { id: ref, owner } : undefined;
        case "project":
          return ref === "default" ? { id: ref, owner: { project: ref } } : undefined;
        case "volume":
          return this.volumes.known.has(ref) ? { id: ref, owner } : undefined;
        case "recording":
          return this.recordings.known.has(ref) ? { id: ref, owner } : undefined;
        case "upload":
          return { id: ref, owner };
        case "image":
        case "template":
        case "firewall":
        case "desktopPool":
        case "desktop":
          return undefined;
      }
    },
  };
  readonly projects: Services["projects"] = new Projects({
    store: new MemoryStore(),
    clock: systemClock,
    held: async () => [],
    clear: async () => undefined,
    usage: async (project) => ({ project, quota: {}, used: nothing, holders: [] }),
  });
  readonly guests: GuestService;
  readonly snapshots: SnapshotService;
  readonly images: ImageService;
  /** The real ones, over a store in memory and a folder that nothing is written to. */
  readonly uploads: Services["uploads"];
  readonly templates: Services["templates"];
  outbound: Schemas["OutboundRules"] = { allow: [] };
  budget: Schemas["TemplateBudget"] = {
    memory: { limit: 2 ** 30, taken: 170 * 2 ** 20, chosen: false },
    disk: { limit: 2 ** 31, taken: 230 * 2 ** 20, chosen: true },
  };
  readonly networks: Services["networks"];
  underlay: Schemas["Underlay"] = { kind: "none", hosts: [] };
  /** The real one, over a store in memory, and networks that are not on this computer: nobody is heard in them. */
  readonly firewalls: Services["firewalls"] = {
    ...firewallService({
      store: this.store,
      clock: systemClock,
      networks: new Networks({
        store: this.store,
        tag: "faked",
        folder: "/nonexistent",
        members: async () => [],
      }),
    }),
    addresses: async (ref) => {
      this.guest(ref);
      return [];
    },
    dropsOf: async (ref) => {
      this.guest(ref);
      return [];
    },
  };
  readonly host: HostService;
  hostName = "host";
  /** The real one, over a store in memory. */
  readonly access = new Access({
    store: new MemoryStore(),
    clock: systemClock,
    key: randomBytes(32),
    title: "Lodge test",
    hashCost: cheapHash,
  });
  readonly replies = new Replies({
    store: new MemoryStore(),
    key: new Uint8Array(32),
    clock: systemClock,
    operation: (id) => this.operations.get(id),
  });

  /** The real ones, of which none can be made: every address is closed. */
  readonly webhooks = new Webhooks({
    store: new MemoryStore(),
    key: new Uint8Array(32),
    clock: systemClock,
    log: silentLog,
    events: new EventLog("/dev/null", systemClock),
    may: async () => {
      throw new LodgeError("api.address_closed", { host: "example.com" });
    },
    folder: "/nowhere",
  });

  /** What was written down, the oldest first. */
  readonly audited: Schemas["AuditEntry"][] = [];
  readonly audit: Services["audit"] = {
    append: (entry) =>
      void this.audited.push({ id: String(this.audited.length).padStart(12, "0"), at: since, ...entry }),
    list: async ({ limit = 100, cursor = "9" }) => {
      const found = this.audited.filter(({ id }) => id < cursor).toReversed();
      const items = found.slice(0, limit);
      return { items, at: "here", ...(found.length > limit ? { next: items.at(-1)!.id } : {}) };
    },
  };

  readonly watch = fakeWatch((ref) => this.guest(ref));
  readonly metrics: Services["metrics"] = {
    collect: async () => ({
      guests: [...this.known.values()],
      usage: {
        at: since,
        host: { cpuSeconds: 1, cpus: 2, memory: 8_589_934_592, memoryAvailable: 4_294_967_296 },
        guests: [],
      },
      operations: {},
      drops: [],
    }),
  };

  constructor(names: readonly string[] = ["web-1", "web-2", "db"]) {
    for (const name of names) this.known.set(name, fakeGuest(name));
    this.guests = this.#guests();
    this.snapshots = new FakeSnapshots({
      guest: (ref, action) => this.guest(ref, action),
      operations: this.operations,
    });
    this.images = this.#images();
    this.uploads = new Uploads({
      store: new MemoryStore(),
      clock: systemClock,
      log: silentLog,
      folder: "/dev/null/uploads",
      pass: openPass,
      importStaged: async () => {
        throw new TypeError("nothing has arrived");
      },
    });
    this.templates = {
      list: async () => [],
      build: async ({ image }) => this.operations.begin("template.build", [`image:${image}`]),
      remove: async (template) => {
        throw new LodgeError("template.not_found", { template });
      },
      budget: async () => this.budget,
      changeBudget: async ({ memory, disk }) => {
        const share = (old: Schemas["TemplateBudget"]["disk"], limit: number | null | undefined) =>
          limit === undefined ? old : { ...old, limit: limit ?? 2 ** 30, chosen: limit !== null };
        this.budget = {
          memory: share(this.budget.memory, memory),
          disk: share(this.budget.disk, disk),
        };
        return this.budget;
      },
    };
    const network = (name: string): Schemas["Network"] => {
      if (name !== "default") throw new LodgeError("network.not_found", { network: name });
      return { id: name, name, kind: "nat", guests: this.known.size };
    };
    this.networks = {
      list: async () => [network("default")],
      get: async (name) => network(name),
      create: async ({ kind = "nat", ...body }) => ({ ...body, kind, id: body.name, guests: 0 }),
      update: async (name, body) => ({ ...network(name), ...body }),
      remove: async (name) => network(name),
      underlay: async () => this.underlay,
      setUnderlay: async (kind) => {
        if (this.underlay.hosts.length === 0) throw new LodgeError("network.no_cluster");
        return (this.underlay = { ...this.underlay, kind });
      },
    };
    this.host = this.#host();
  }

  /** The guest by name or id, where the action is allowed in its state. */
  guest(ref: string, action?: GuestAction): Guest {
    const guest = this.known.get(ref) ?? [...this.known.values()].find(({ id }) => id === ref);
    if (!guest) throw new LodgeError("guest.not_found", { guest: ref });
    if (action) requireAction(guest, action);
    return guest;
  }

  #change(ref: string, action: GuestAction, state: GuestStateName) {
    const guest = this.guest(ref, action);
    guest.state = state;
    return this.operations.begin(`guest.${action}`, [`guest:${guest.id}`]);
  }

  #onDisks(ref: string, action: "add-disk" | "remove-disk" | "resize-disk", disk = "disk0") {
    const guest = this.guest(ref, action);
    if (!guest.disks.some(({ id }) => id === disk))
      throw new LodgeError("disk.not_found", { guest: ref, disk });
    return this.operations.begin(`disk.${action.split("-")[0]}`, [`guest:${guest.id}`]);
  }

  #onCards(ref: string, action: "add-nic" | "remove-nic") {
    const guest = this.guest(ref, action);
    return this.operations.begin(`nic.${action.split("-")[0]}`, [`guest:${guest.id}`]);
  }

  /** A stick that is nobody's, and a card that the host needs. */
  readonly devices: Services["devices"] = {
    list: async () => [
      { id: "usb:1-2", kind: "usb", model: "0781:5581", name: "SanDisk Ultra" },
      {
        id: "pci:0000:01:00.0",
        kind: "pci",
        model: "8086:10d3",
        name: "network",
        driver: "e1000e",
        problem: "the host's default route leads over it (eth0)",
      },
    ],
    attach: async (ref, device) => Object.assign(this.guest(ref, "add-device"), { devices: [device] }),
    detach: async (ref, device) => {
      const guest = this.guest(ref, "remove-device");
      if (!guest.devices?.includes(device))
        throw new LodgeError("device.not_found", { device, where: `in guest '${ref}'` });
      return Object.assign(guest, { devices: [] });
    },
  };

  #guests(): GuestService {
    const { streams } = this;
    return {
      list: async ({ state }) => ({
        items: [...this.known.values()].filter((guest) => !state || guest.state === state),
        at: "",
      }),
      get: async (ref) => this.guest(ref),
      create: async ({ name = "made" }) => {
        if (this.known.has(name)) throw new LodgeError("guest.name_taken", { name });
        const guest = fakeGuest(name);
        this.known.set(name, guest);
        return this.operations.begin("guest.create", [`guest:${guest.id}`], { guest: guest.id });
      },
      update: async (ref, body) => Object.assign(this.guest(ref, "update"), body),
      remove: async (ref, { force }) => {
        const guest = this.guest(ref, force ? "force-delete" : "delete");
        this.known.delete(guest.name);
        return this.operations.begin("guest.delete", [`guest:${guest.id}`]);
      },
      start: async (ref) => this.#change(ref, "start", "running"),
      stop: async (ref, { force }) => this.#change(ref, force ? "force-stop" : "stop", "stopped"),
      restart: async (ref) => this.#change(ref, "restart", "running"),
      pause: async (ref) => this.#change(ref, "pause", "paused"),
      resume: async (ref) => this.#change(ref, "resume", "running"),
      suspend: async (ref) => this.#change(ref, "suspend", "suspended"),
      move: async (ref) => this.#change(ref, "move", this.guest(ref, "move").state),
      checkMove: async (ref, { to }) => ({
        host: to ?? "other",
        live: this.guest(ref, "move").state === "running",
        bytes: 0,
        blockers: [],
        warnings: [],
      }),
      fork: async (ref) => this.#change(ref, "fork", this.guest(ref).state),
      drive: async (ref) => this.guest(ref, "drive"),
      addNic: async (ref) => this.#onCards(ref, "add-nic"),
      removeNic: async (ref) => this.#onCards(ref, "remove-nic"),
      addShare: async (ref, { path, name = "code", at = `/mnt/${name}`, readOnly = false }) => {
        const guest = this.guest(ref, "add-share");
        return Object.assign(guest, { shares: [...(guest.shares ?? []), { name, path, at, readOnly }] });
      },
      removeShare: async (ref, share) => {
        const guest = this.guest(ref, "remove-share");
        const left = guest.shares?.filter(({ name }) => name !== share) ?? [];
        if (left.length === (guest.shares?.length ?? 0))
          throw new LodgeError("share.not_found", { guest: ref, share });
        return Object.assign(guest, { shares: left });
      },
      addDisk: async (ref) => this.#onDisks(ref, "add-disk"),
      removeDisk: async (ref, disk) => this.#onDisks(ref, "remove-disk", disk),
      resizeDisk: async (ref, disk) => this.#onDisks(ref, "resize-disk", disk),
      facts: async (ref) => ({
        hostname: this.guest(ref, "exec").hostname,
        kernel: "6.12.0",
        os: "Debian GNU/Linux 13",
        uptime: 12.5,
        memoryTotal: 512,
        memoryAvailable: 256,
        addresses: ["10.77.3.2"],
      }),
      screenshot: async (ref) => {
        this.guest(ref, "screenshot");
        return pngSignature;
      },
      logs: async (ref, { tail = 2 }) => `${this.guest(ref).name} says ü\n`.repeat(tail).slice(0, 1000),
      exec: (ref, start, signal) => streams.exec(ref, start, signal),
      console: (ref, start, signal) => streams.console(ref, start, signal),
      port: (ref, port) => streams.port(ref, port),
      fileOut: (ref, start, signal) => streams.fileOut(ref, start, signal),
      fileIn: (ref, start, content, signal) => streams.fileIn(ref, start, content, signal),
    };
  }

  #images(): ImageService {
    const missing = async (image: string) => {
      throw new LodgeError("image.not_found", { image });
    };
    return {
      list: async () => ({ items: [], at: "" }),
      get: missing,
      update: missing,
      build: async ({ recipe }) => this.operations.begin("image.build", [`recipe:${recipe}`]),
      import: async ({ path }) => this.operations.begin("image.import", [path]),
      pull: async ({ url }) => this.operations.begin("image.pull", [url]),
      create: async ({ guest }) => this.operations.begin("image.create", [`guest:${this.guest(guest).id}`]),
      remove: missing,
      manifest: missing,
      piece: missing,
      fetch: missing,
      drop: missing,
      updateCopy: missing,
      recipes: async () => [{ name: "debian-13", description: "Debian 13", kind: "mmdebstrap", built: true }],
    };
  }

  #host(): HostService {
    return {
      get: async () => ({
        name: this.hostName,
        version: "0.1.0",
        home: "/var/lib/lodge",
        tag: "a1",
        pid: 1,
        startedAt: since,
        cpus: 2,
        memory: 8_589_934_592,
        memoryAvailable: 4_294_967_296,
        diskFree: 1_099_511_627_776,
        accelerator: "tcg",
        acceleratorReason: "there is no /dev/kvm",
        qemu: "7.2.22",
        privileged: true,
        guests: this.known.size,
        running: this.known.size,
      }),
      promise: async () => describePromise(promising, []),
      change: async ({ overcommit }) => {
        const ratios = Object.entries(overcommit).filter(([, ratio]) => typeof ratio === "number");
        return describePromise({ ...promising, overcommit: Object.fromEntries(ratios) }, []);
      },
      doctor: async () => [{ name: "accelerator", status: "ok", summary: "tcg" }],
      shutdown: async (body) => {
        this.shutdowns.push(body);
        return this.operations.begin("host.shutdown", []);
      },
      outbound: async () => this.outbound,
      changeOutbound: async (rules) => (this.outbound = rules),
      logs: async () => "started\n",
    };
  }
}
