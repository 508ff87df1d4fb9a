/**
 * An example of what a schema describes: by the schema's own examples and defaults, else by what a field of
 * that name usually holds. The test checks each against its schema.
 */

type Schema = Readonly<Record<string, unknown>>;

const time = "2026-01-02T03:04:05.000Z";
const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/** What fields usually hold, by their names; of several, the first that the schema allows. */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  acceleratorReason: ["/dev/kvm opened and a kernel booted under it"],
  action: ["guestDelete"],
  address: ["10.77.3.12"],
  address6: ["fd00:77::12"],
  addresses: ["10.77.3.12"],
  agent: ["lodge"],
  at: [time, "e0123456789.1042.000000000077"],
  bridge: ["lga1b2c0"],
  bytes: [4096],
  clientId: ["lodge"],
  code: ["guest.wrong_state", "x".repeat(43)],
  count: [10],
  cpus: [2],
  cpuSeconds: [12.5],
  cursor: ["d2ViLTEgZzAxMjM0NTY3ODk"],
  defaultUser: ["debian"],
  description: ["The shop's front end"],
  digest: [hash],
  disk: ["disk1", 21_474_836_480],
  diskFree: [322_122_547_200],
  drive: ["cd0"],
  error: ["image.in_use"],
  file: ["/srv/disks/old.vmdk", "old.vmdk"],
  fingerprint: [hash],
  fix: ["apt install swtpm"],
  from: ["e0123456789.1042.000000000077"],
  gateway: ["10.77.3.1"],
  guest: ["web-1"],
  device: ["usb:1-2"],
  guestName: ["web-1"],
  guestPort: [80],
  guests: [3],
  handle: ["x".repeat(43)],
  home: ["/var/lib/lodge"],
  hostPort: [8080],
  hostname: ["web-1"],
  id: ["g0123456789"],
  image: ["debian-13"],
  imageName: ["debian-13"],
  iso: ["debian-13-netinst"],
  kernel: ["6.12.48+deb13-amd64"],
  label: ["tier=front"],
  layout: [4],
  limit: [2_147_483_648, 100],
  mac: ["52:54:00:4a:1b:7c"],
  memory: [1_073_741_824],
  memoryAvailable: [6_442_450_944],
  memoryTotal: [1_073_741_824],
  message: ["web-1 is running"],
  name: ["web-1", "ci", "ops"],
  network: ["default"],
  next: ["d2ViLTEgZzAxMjM0NTY3ODk"],
  offset: [524_288],
  operation: ["o0123456789"],
  os: ["Debian GNU/Linux 13 (trixie)"],
  owner: ["ops"],
  parent: ["web"],
  password: ["correct horse battery staple"],
  path: ["/srv/disks/old.qcow2"],
  pid: [4242],
  project: ["default"],
  qemu: ["7.2.22"],
  reason: ["no template of its shape was parked yet"],
  query: ["code=4f1d9c&state=b72e"],
  recipe: ["debian-13"],
  require: ["groups=operators"],
  resident: [170_917_888],
  running: [2],
  scrollback: [65_536],
  secondFactor: ["123456"],
  seconds: [30],
  secret: ["lodge_7Qv5mN2kYbX3rT8wZcJ6pL1d"],
  seen: [4],
  serial: ["g0123456789-disk0"],
  session: ["n0123456789"],
  sha256: [hash],
  size: [10_737_418_240],
  sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHq6Xl7y ops@laptop"],
  startOrder: [100],
  stateReason: ["it shut down"],
  stored: [524_288_000],
  subnet: ["10.77.3.0/24"],
  summary: ["KVM works: a kernel booted under it"],
  tag: ["a1b2c"],
  tail: [200],
  taken: [170_917_888],
  target: ["guest:g0123456789", "web-1"],
  targets: ["guest:g0123456789"],
  template: ["t0123456789"],
  ticket: ["mV3zq0Jr5yXK8f2TnWc1Lb7Ad9Hs4Pgu"],
  timeout: [90],
  title: ["Company account"],
  token: ["k0123456789"],
  upload: ["u0123456789"],
  uptime: [3_600],
  url: ["https://images.example.org/debian-13.qcow2"],
  urls: ["http://127.0.0.1:7070/#code=mV3zq0Jr5yXK8f2TnWc1Lb7Ad9Hs4Pgu"],
  used: [170_917_888],
  user: ["ops"],
  userData: ["#cloud-config\npackages: [nginx]\n"],
  uuid: ["6a0f1f1c-5d0e-4b0a-9c7e-0f1e2d3c4b5a"],
  version: ["0.1.0"],
};

const fits = (schema: Schema, value: unknown): boolean => {
  const {
    type,
    pattern,
    minimum = -Infinity,
    maximum = Infinity,
    maxLength = Infinity,
    minLength = 0,
  } = schema as {
    type?: string;
    pattern?: string;
    minimum?: number;
    maximum?: number;
    maxLength?: number;
    minLength?: number;
  };
  if (type === "string") {
    if (typeof value !== "string" || value.length > maxLength || value.length < minLength) return false;
    if (schema["format"] === "date-time" && Number.isNaN(Date.parse(value))) return false;
    return pattern === undefined || new RegExp(pattern).test(value);
  }
  if (type !== "integer" && type !== "number") return false;
  return typeof value === "number" && value >= minimum && value <= maximum;
};

const plain = (schema: Schema): unknown => {
  switch (schema["type"]) {
    case "boolean":
      return true;
    case "integer":
    case "number":
      return (schema["minimum"] as number | undefined) ?? 1;
    case "null":
      return null;
    default:
      return schema["format"] === "date-time" ? time : "text";
  }
};

/** `name`: of the field that it stands in. */
export function exampleOf(schema: Schema, name = ""): unknown {
  if ("const" in schema) return schema["const"];
  const { examples, anyOf, type } = schema as { examples?: unknown[]; anyOf?: Schema[]; type?: string };
  if (examples?.[0] !== undefined) return examples[0];
  if (anyOf) return exampleOf(anyOf[0] ?? {}, name);
  if (type === "array") return [exampleOf(schema["items"] as Schema, name)];
  if (type === "object") return exampleObject(schema, name);
  return (usual[name] ?? []).find((value) => fits(schema, value)) ?? schema["default"] ?? plain(schema);
}

/** Fields that exclude others, or that few would set. */
const seldom = new Set([
  "iso",
  "userData",
  "uninstall",
  "host",
  "publish",
  "cold",
  "drive",
  "allowTpm",
  "barred",
]);

function exampleObject(schema: Schema, name: string): unknown {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Schema>;
    required?: readonly string[];
  };
  if (name === "labels") return { tier: "front" };
  const shown = Object.entries(properties).filter(
    ([field]) => required.includes(field) || !seldom.has(field),
  );
  return Object.fromEntries(shown.map(([field, property]) => [field, exampleOf(property, field)]));
}

/** What a parameter of an error's words may be. */
export const exampleParameter = (name: string): string | number =>
  (usual[name]?.[0] as string | number | undefined) ?? name;
