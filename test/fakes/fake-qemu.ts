/**
 * A stand-in for QEMU, as a program: the arguments, monitor, sockets and end of the real one, no machine
 * inside. Lodge's own agent answers at its channel, on this host but below a folder of its own. What the
 * daemon does with a guest's process can so be tried in milliseconds; what a guest does cannot.
 *
 *   stopped ── cont ──► running ── stop ──► stopped        -incoming: inmigrate until its state was read
 *   migrate with pause-before-switchover: active ──► pre-switchover ── migrate-continue ──► completed
 *   block-stream: running ──► pending ── job-finalize ──► concluded ── job-dismiss ──► gone
 *
 * Of disks it knows which nodes and devices there are, and how large a node is.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { fakeScreen } from "./fake-screen.ts";

const args = process.argv.slice(2);
const agentProgram = join(import.meta.dirname, "../../agent/lodge-agent");

/** The path of a socket, or of its log, by its chardev's id. */
function pathOf(id: string, option: "path" | "logfile"): string {
  const found = args.find((word) => word.startsWith(`socket,id=${id},`));
  return new RegExp(`,${option}=([^,]*)`).exec(found ?? "")![1]!;
}
const socketOf = (id: string): string => pathOf(id, "path");

let status = args.includes("-incoming") ? "inmigrate" : "prelaunch";
const monitors = new Set<Socket>();

function tell(socket: Socket, message: object): void {
  socket.write(`${JSON.stringify(message)}\r\n`);
}

function announce(event: string, data: object): void {
  for (const socket of monitors) tell(socket, { event, data, timestamp: { seconds: 0, microseconds: 0 } });
}

function startAgent(): ChildProcess {
  const path = socketOf("agent");
  const root = join(dirname(path), "root");
  for (const folder of ["etc/ssh", "root"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  // It ends with this process, however that ends.
  const agent = ["perl", agentProgram, "--socket", path, "--root", root, "--no-kernel-changes"];
  return spawn("setpriv", ["--pdeathsig", "KILL", ...agent], { stdio: "ignore" });
}

const agent = startAgent();

function end(reason: string): void {
  announce("SHUTDOWN", { guest: reason === "guest-shutdown", reason });
  agent.kill("SIGKILL");
  setTimeout(() => process.exit(0), 5);
}

/** Set while a machine that was to stop before its last part has stopped, and waits to be told to go on. */
let goOn: (() => void) | undefined;
let pausesFirst = false;

function send(uri: string): void {
  const socket = connect(uri.slice("unix:".length));
  socket.on("error", () => announce("MIGRATION", { status: "failed" }));
  announce("MIGRATION", { status: "active" });
  const finish = () =>
    socket.end(`state of ${process.pid}`, () => announce("MIGRATION", { status: "completed" }));
  if (!pausesFirst) return void finish();
  goOn = finish;
  setTimeout(() => announce("MIGRATION", { status: "pre-switchover" }), 2);
}

function setCapabilities(wanted: readonly { readonly capability: string; readonly state: boolean }[]): void {
  pausesFirst = wanted.some(({ capability, state }) => capability === "pause-before-switchover" && state);
}

/** Each disk is written to another node from now on. */
function snapshot(actions: readonly { readonly data: Record<string, string> }[]): void {
  for (const { data } of actions)
    for (const [device, drive] of written) if (drive === data["node"]) written.set(device, data["overlay"]!);
}

function receive(uri: string): void {
  readSync(Number(uri.slice("fd:".length)), Buffer.alloc(64));
  setTimeout(() => (status = "paused"), 2);
}

/** The file of each node by its name. */
const nodes = new Map<string, string>();
const devices = new Set<string>();
/** The node that each device writes to. */
const written = new Map<string, string>();

interface Node {
  readonly "node-name": string;
  readonly file: { readonly filename: string };
}

for (const [at, word] of args.entries()) {
  const value = args[at + 1] ?? "";
  if (word === "-blockdev") addNode(JSON.parse(value) as Node);
  const device = word === "-device" ? /(?:^|,)id=([^,]+)/.exec(value)?.[1] : undefined;
  if (device !== undefined) addDevice(device, /(?:^|,)drive=([^,]+)/.exec(value)?.[1]);
}

function addNode({ "node-name": name, file }: Node): void {
  nodes.set(name, file.filename);
}

function addDevice(device: string, drive: string | undefined): void {
  devices.add(device);
  if (drive !== undefined) written.set(device, drive);
}

/** One that a device uses stays. */
function removeNode(name: string): void {
  if (![...written.values()].includes(name)) nodes.delete(name);
}

function remove(device: string): void {
  written.delete(device);
  if (devices.delete(device)) announce("DEVICE_DELETED", { device });
}

const blocks = () =>
  [...written].map(([qdev, node]) => ({
    device: "",
    qdev,
    inserted: { "node-name": node, file: nodes.get(node) },
  }));

interface Job {
  status: "running" | "pending" | "ready" | "concluded" | "null";
  readonly node: string;
  /** What a chain is to stand on, or the node that a disk is copied to. */
  readonly base: string;
}
const jobs = new Map<string, Job>();

function turn(id: string, status: Job["status"]): void {
  jobs.get(id)!.status = status;
  announce("JOB_STATUS_CHANGE", { id, status });
}

function stream({ "job-id": id, device: node, base }: Record<string, string>): void {
  jobs.set(id!, { status: "running", node: node!, base: base! });
  setTimeout(() => {
    if (jobs.get(id!)?.status === "running") turn(id!, "pending");
  }, 10);
}

function mirror({ "job-id": id, device: node, target }: Record<string, string>): void {
  jobs.set(id!, { status: "running", node: node!, base: target! });
  setTimeout(() => {
    if (jobs.get(id!)?.status === "running") turn(id!, "ready");
  }, 10);
}

/** Whatever wrote to the one node writes to the other from now on. */
function complete(id: string): void {
  const { node, base } = jobs.get(id)!;
  for (const [device, drive] of written) if (drive === node) written.set(device, base);
  turn(id, "concluded");
}

/** Nothing was copied, since nothing is in its disks; but the chain is another from now on. */
function finalize(id: string): void {
  const { node, base } = jobs.get(id)!;
  execFileSync("qemu-img", ["rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", base, nodes.get(node)!]);
  turn(id, "concluded");
}

function dismiss(id: string): void {
  turn(id, "null");
  jobs.delete(id);
}

/** What is plugged into a guest is taken by it at once. */
let plugged = Number(/virtio-mem-pci,.*requested-size=(\d+)/.exec(args.join(" "))?.[1] ?? 0);

function setProperty(path: string, value: unknown): void {
  if (!path.endsWith("/memory")) return;
  plugged = Number(value);
  announce("MEMORY_DEVICE_SIZE_CHANGE", { id: "memory", size: plugged });
}

/** A PNG of one pixel. */
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const commands: Readonly<Record<string, (given: Record<string, string>) => unknown>> = {
  "query-status": () => ({ status, running: status === "running" }),
  "query-migrate": () => ({
    status: "completed",
    ram: { total: 1, remaining: 0, transferred: 1, "dirty-sync-count": 2 },
  }),
  "query-block": blocks,
  "query-blockstats": () => [...nodes.keys()].map(() => ({ stats: { rd_bytes: 4096, wr_bytes: 512 } })),
  "query-named-block-nodes": () => [...nodes.keys()].map((name) => ({ "node-name": name })),
  "query-memory-devices": () =>
    devices.has("memory") ? [{ type: "virtio-mem", data: { id: "memory", size: plugged } }] : [],
  "qom-set": ({ path, value }) => setProperty(path!, value),
  "qom-list": () => [...devices].map((name) => ({ name })),
  "blockdev-add": (given) => addNode(given as unknown as Node),
  "blockdev-del": (given) => removeNode(given["node-name"]!),
  device_add: ({ id, drive }) => addDevice(id!, drive),
  device_del: ({ id }) => remove(id!),
  "query-fdsets": () => [],
  "query-jobs": () => [...jobs].map(([id, { status: now }]) => ({ id, status: now })),
  "block-stream": stream,
  "blockdev-mirror": mirror,
  "job-complete": ({ id }) => complete(id!),
  "job-cancel": ({ id }) => turn(id!, "concluded"),
  "job-finalize": ({ id }) => finalize(id!),
  "job-dismiss": ({ id }) => dismiss(id!),
  "human-monitor-command": () => "",
  screendump: ({ filename, format }) =>
    writeFileSync(filename!, format === "png" ? picture : fakeScreen(args.join(" "))),
  cont: () => void (status = "running"),
  stop: () => void (status = "paused"),
  quit: () => end("host-qmp-quit"),
  system_powerdown: () => void setTimeout(end, 10, "guest-shutdown"),
  migrate: ({ uri }) => send(uri!),
  "migrate-set-capabilities": ({ capabilities }) => setCapabilities(capabilities as never),
  "migrate-continue": () => goOn?.(),
  transaction: ({ actions }) => snapshot(actions as never),
  "migrate-incoming": ({ uri }) => receive(uri!),
};

createServer((socket) => {
  monitors.add(socket);
  socket.on("close", () => monitors.delete(socket));
  socket.on("error", () => undefined);
  tell(socket, { QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 } }, capabilities: [] } });
  let text = "";
  socket.on("data", (bytes) => {
    const lines = (text + bytes.toString()).split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      const { execute, id, arguments: given = {} } = JSON.parse(line);
      tell(socket, { id, return: commands[execute]?.(given) ?? {} });
    }
  });
}).listen(socketOf("qmp"));

// The serial console gives back what is typed.
const serialLog = pathOf("serial", "logfile");
const say = (words: string | Buffer) => appendFileSync(serialLog, words);
say("No machine runs here: what is typed comes back.\r\n");
createServer((socket) => {
  socket.on("error", () => undefined);
  socket.on("data", (keys: Buffer) => say(keys.toString("latin1").replaceAll("\r", "\r\n")));
}).listen(socketOf("serial"));
