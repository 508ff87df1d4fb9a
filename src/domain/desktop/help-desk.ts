/** What stands between a desktop's user and those who help him: his pages' lines, looking on, recordings, and his files. */
import type { PassingFile } from "#contract/call";
import { LodgeError } from "#contract/errors";
import type { DesktopFile, DesktopShadow, DesktopShadowing } from "#contract/schema/desktop";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import type { Store } from "#durable/store/store";
import type { Displays } from "../console/displays.ts";
import type { Recordings } from "../console/recording/recordings.ts";
import type { Fleet } from "../guest/fleet.ts";
import { guestById } from "../guest/record.ts";
import type { EventLog } from "../host/events.ts";
import { Consents } from "./consents.ts";
import type { Desktops } from "./desktops.ts";
import { listFiles, readFile, type Inside } from "./files.ts";
import { openLine, type Line } from "./line.ts";
import type { DesktopLines, LineReader } from "./lines.ts";
import { policyOf } from "./my-desktops.ts";
import { PolicyRecordings } from "./policy-recordings.ts";
import { desktopById, poolById, type DesktopRecord } from "./record.ts";
import { Shadows, type Supporter } from "./shadows.ts";

export interface HelpDeskParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly fleet: Pick<Fleet, "require">;
  readonly displays: Pick<Displays, "issue" | "watchers" | "beforeShown" | "requireHands">;
  readonly recordings: Pick<Recordings, "start" | "stop" | "runningOf" | "onTurn">;
  readonly events: Pick<EventLog, "append">;
  readonly lines: DesktopLines;
  readonly desktops: () => Pick<Desktops, "get">;
}

export class HelpDesk {
  readonly #parts: HelpDeskParts;
  readonly #consents: Consents;
  readonly #shadows: Shadows;
  readonly #recordings: PolicyRecordings;

  constructor(parts: HelpDeskParts) {
    this.#parts = parts;
    const { lines } = parts;
    this.#consents = new Consents(lines);
    this.#shadows = new Shadows({ ...parts, consents: this.#consents });
    this.#recordings = new PolicyRecordings(parts);
  }

  /** @throws LodgeError see shadows.ts */
  shadow(id: string, body: DesktopShadow, supporter: Supporter): Promise<DesktopShadowing> {
    return this.#shadows.ask(id, body, supporter);
  }

  /** @throws LodgeError desktop.not_found */
  openLine(id: string, holder: string, reader: LineReader): Promise<Line> {
    const { store, lines, desktops, displays } = this.#parts;
    const [consents, shadows, recordings] = [this.#consents, this.#shadows, this.#recordings];
    const parts = {
      store,
      lines,
      consents,
      shadows,
      recordings,
      desktops: desktops(),
      watchers: displays.watchers,
    };
    return openLine(parts, id, holder, reader);
  }

  /** Of a desktop that is watched: as its pool's policy is now. */
  keepRecorded(guest: string, desktop: string, wanted: boolean): Promise<void> {
    return this.#recordings.keep(guest, desktop, wanted);
  }

  /** A desktop ends. */
  async left({ id, guest }: DesktopRecord): Promise<void> {
    this.#shadows.forget(id);
    if (guest !== undefined) await this.#recordings.end(guest);
  }

  /** @throws LodgeError desktop.not_allowed, desktop.not_ready, desktop.file, agent.unreachable */
  async files(id: string, signal: AbortSignal): Promise<DesktopFile[]> {
    return listFiles(await this.#inside(id), signal);
  }

  /** @throws LodgeError desktop.not_allowed, desktop.not_ready, desktop.file, agent.unreachable */
  async file(id: string, name: string, signal: AbortSignal): Promise<PassingFile> {
    return readFile(await this.#inside(id), name, signal);
  }

  /** Where files may come out of. */
  async #inside(id: string): Promise<Inside> {
    const { store, fleet, displays } = this.#parts;
    const desktop = await desktopById(store, id);
    const pool = await poolById(store, desktop.pool);
    const { files } = policyOf(pool);
    if (files !== "both" && files !== "out")
      throw new LodgeError("desktop.not_allowed", { pool: pool.name, what: "taking files out" });
    if (desktop.guest === undefined)
      throw new LodgeError("desktop.not_ready", { reason: "it is being prepared" });
    displays.requireHands(desktop.guest);
    const { defaultUser, state } = await guestById(store, desktop.guest);
    if (state !== "running") throw new LodgeError("desktop.not_ready", { reason: "it does not run" });
    return { agent: fleet.require(desktop.guest).inside, user: defaultUser };
  }
}
