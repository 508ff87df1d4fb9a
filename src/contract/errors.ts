/**
 * The error catalogue: every error a user can meet, with its HTTP status, message and hint.
 *
 * Messages and hints are templates: `{name}` is replaced by the parameter of that name. A code is
 * `noun.what_is_wrong`; it never changes once released, its words may.
 */
import { accessErrors } from "./errors/access.ts";
import { agentErrors } from "./errors/agent.ts";
import { apiErrors } from "./errors/api.ts";
import { arrivalErrors } from "./errors/arrival.ts";
import { cliErrors } from "./errors/cli.ts";
import { clusterErrors } from "./errors/cluster.ts";
import { consoleErrors } from "./errors/console.ts";
import { deliveryErrors } from "./errors/delivery.ts";
import { desktopPoolErrors } from "./errors/desktop-pool.ts";
import { desktopErrors } from "./errors/desktop.ts";
import { deviceErrors } from "./errors/device.ts";
import { diskErrors } from "./errors/disk.ts";
import type { CatalogueEntry } from "./errors/entry.ts";
import { drainErrors } from "./errors/drain.ts";
import { failoverErrors } from "./errors/failover.ts";
import { fenceErrors } from "./errors/fence.ts";
import { firewallErrors } from "./errors/firewall.ts";
import { guestErrors } from "./errors/guest.ts";
import { hostErrors } from "./errors/host.ts";
import { imageErrors } from "./errors/image.ts";
import { moveErrors } from "./errors/move.ts";
import { networkErrors } from "./errors/network.ts";
import { nicErrors } from "./errors/nic.ts";
import { shareErrors } from "./errors/share.ts";
import { operationErrors } from "./errors/operation.ts";
import { passkeyErrors } from "./errors/passkey.ts";
import { placementErrors } from "./errors/placement.ts";
import { portErrors } from "./errors/port.ts";
import { poolErrors } from "./errors/pool.ts";
import { projectErrors } from "./errors/project.ts";
import { providerErrors } from "./errors/provider.ts";
import { replicaErrors } from "./errors/replica.ts";
import { recordingErrors } from "./errors/recording.ts";
import { sessionErrors } from "./errors/session.ts";
import { snapshotErrors } from "./errors/snapshot.ts";
import { storeErrors } from "./errors/store.ts";
import { templateErrors } from "./errors/template.ts";
import { tokenErrors } from "./errors/token.ts";
import { tunnelErrors } from "./errors/tunnel.ts";
import { uploadErrors } from "./errors/upload.ts";
import { userErrors } from "./errors/user.ts";
import { visitErrors } from "./errors/visit.ts";
import { volumeErrors } from "./errors/volume.ts";
import { webhookErrors } from "./errors/webhook.ts";

export const catalogue = {
  ...accessErrors,
  ...agentErrors,
  ...apiErrors,
  ...arrivalErrors,
  ...cliErrors,
  ...clusterErrors,
  ...consoleErrors,
  ...deliveryErrors,
  ...desktopErrors,
  ...desktopPoolErrors,
  ...diskErrors,
  ...drainErrors,
  ...failoverErrors,
  ...fenceErrors,
  ...firewallErrors,
  ...guestErrors,
  ...hostErrors,
  ...imageErrors,
  ...moveErrors,
  ...networkErrors,
  ...nicErrors,
  ...shareErrors,
  ...deviceErrors,
  ...operationErrors,
  ...passkeyErrors,
  ...projectErrors,
  ...providerErrors,
  ...recordingErrors,
  ...replicaErrors,
  ...sessionErrors,
  ...snapshotErrors,
  ...storeErrors,
  ...templateErrors,
  ...tokenErrors,
  ...tunnelErrors,
  ...uploadErrors,
  ...userErrors,
  ...placementErrors,
  ...poolErrors,
  ...portErrors,
  ...visitErrors,
  ...volumeErrors,
  ...webhookErrors,
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
export type ErrorParams = Readonly<Record<string, string | number | boolean>>;

/** An error as it crosses the wire (RFC 9457 problem details) and as an operation stores it. */
export interface Problem {
  readonly code: ErrorCode;
  readonly status: number;
  readonly message: string;
  readonly hint: string;
  readonly params: ErrorParams;
  /** Technical detail for whoever looks deeper: a command's stderr, QEMU's own words. */
  readonly detail?: string;
}

const fill = (template: string, params: ErrorParams): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));

/** The one error class. Everything thrown on purpose is one of these. */
export class LodgeError extends Error {
  override readonly name = "LodgeError";
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly detail: string | undefined;

  constructor(
    code: ErrorCode,
    params: ErrorParams = {},
    options: { cause?: unknown; detail?: string | undefined } = {},
  ) {
    super(fill(catalogue[code].message, params), options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.params = params;
    this.detail = options.detail;
  }

  get status(): number {
    return catalogue[this.code].status;
  }

  get hint(): string {
    return fill(catalogue[this.code].hint, this.params);
  }

  toProblem(): Problem {
    return {
      code: this.code,
      status: this.status,
      message: this.message,
      hint: this.hint,
      params: this.params,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    };
  }

  /** Rebuilds the error at the receiving end, so that its code and hint survive the wire. */
  static fromProblem(problem: Problem): LodgeError {
    const code = problem.code in catalogue ? problem.code : "api.internal";
    return new LodgeError(code, problem.params ?? {}, {
      detail: code === problem.code ? problem.detail : problem.message,
    });
  }
}

/** Is this error one with the given code? */
export const hasCode = (error: unknown, ...codes: ErrorCode[]): error is LodgeError =>
  error instanceof LodgeError && codes.includes(error.code);

/** Any thrown value as a LodgeError: what is not in the catalogue is a bug and says so. */
export function asLodgeError(error: unknown): LodgeError {
  if (error instanceof LodgeError) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new LodgeError("api.internal", {}, { cause: error, detail: text });
}
