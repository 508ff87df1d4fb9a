/** The disk of a machine by hand on its way to another QEMU: NBD over TLS, by certificates that QEMU itself has. */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { retry } from "#base/retry";
import type { RawMachine } from "./raw-qemu.ts";

const disk = "disk0";
const remote = "disk0-remote";
const job = "mirror";

/** A folder as QEMU's tls-creds-x509 reads it, for both ends. */
export async function makeCredentials(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(folder, name);
  const key = (name: string) => [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    at(name),
  ];
  const ca = ["-x509", "-days", "2", "-subj", "/CN=bench", "-addext", "keyUsage=critical,keyCertSign"];
  await exec("openssl", ["req", ...ca, ...key("ca-key.pem"), "-out", at("ca-cert.pem")]);
  const extensions =
    "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n";
  writeFileSync(at("extensions"), extensions);
  for (const end of ["server", "client"]) {
    await exec("openssl", [
      "req",
      ...key(`${end}-key.pem`),
      "-subj",
      `/CN=${end}`,
      "-out",
      at("request.pem"),
    ]);
    const by = [
      "-CA",
      at("ca-cert.pem"),
      "-CAkey",
      at("ca-key.pem"),
      "-set_serial",
      `0x${randomBytes(8).toString("hex")}`,
    ];
    const words = ["-req", "-in", at("request.pem"), ...by, "-days", "2", "-extfile", at("extensions")];
    await exec("openssl", ["x509", ...words, "-out", at(`${end}-cert.pem`)]);
  }
  return folder;
}

/** A QEMU gets its end's certificate, and migrates with it. */
export async function equip(
  { monitor }: RawMachine,
  endpoint: "client" | "server",
  dir: string,
): Promise<void> {
  // One that received is the next one's source.
  await monitor.execute("object-add", {
    "qom-type": "tls-creds-x509",
    id: endpoint,
    dir,
    endpoint,
    "verify-peer": true,
  });
  const hostname = endpoint === "client" ? { "tls-hostname": "127.0.0.1" } : {};
  await monitor.execute("migrate-set-parameters", { "tls-creds": endpoint, ...hostname });
}

/** Lets the disk of the one that receives be written from afar, at this port. */
export async function offerDisk({ monitor }: RawMachine, port: string): Promise<void> {
  const addr = { type: "inet", data: { host: "127.0.0.1", port } };
  await monitor.execute("nbd-server-start", { addr, "tls-creds": "server" });
  await monitor.execute("block-export-add", {
    id: "export",
    type: "nbd",
    name: disk,
    "node-name": disk,
    writable: true,
  });
}

/** Resolves once both disks are equal, and stay so. */
export async function mirrorDisk({ monitor }: RawMachine, port: string): Promise<void> {
  await monitor.execute("blockdev-add", {
    driver: "nbd",
    "node-name": remote,
    server: { type: "inet", host: "127.0.0.1", port },
    export: disk,
    "tls-creds": "client",
    "tls-hostname": "127.0.0.1",
    discard: "unmap",
    "detect-zeroes": "unmap",
  });
  const ready = monitor.nextEvent(
    ({ event }) => event === "BLOCK_JOB_READY" || event === "BLOCK_JOB_COMPLETED",
  );
  await monitor.execute("blockdev-mirror", { "job-id": job, device: disk, target: remote, sync: "top" });
  if ((await ready).event !== "BLOCK_JOB_READY") throw new TypeError("the disk by hand was not copied");
}

/** While the machine stands still: what the source has, the other one has. */
export async function concludeMirror({ monitor }: RawMachine): Promise<void> {
  const ended = monitor.nextEvent(
    ({ event }) => event === "BLOCK_JOB_COMPLETED" || event === "BLOCK_JOB_CANCELLED",
  );
  await monitor.execute("block-job-cancel", { device: job });
  await ended;
  const free = () => monitor.execute("blockdev-del", { "node-name": remote });
  await retry(free, { clock: systemClock, first: 1, longest: 5, timeout: 5000 });
}
