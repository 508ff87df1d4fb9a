/** Guests from outside, of whom one waits. */
import type { Schemas } from "#contract/schemas";
import { LodgeError } from "#contract/errors";
import type { Services } from "#server/services";

type FakedVisits = Services["visits"];

const times = { createdAt: "2026-09-01T12:00:00.000Z", expiresAt: "2026-09-01T13:00:00.000Z" };

export class FakeVisits implements FakedVisits {
  #waiting: Schemas["Arrival"] = {
    id: "v0123456789",
    state: "waiting",
    address: "198.51.100.7:8473",
    ...times,
    from: "desk",
    guest: { id: "g0123456789", name: "web", project: "default" },
  };

  token = async () => ({ token: "lodge-move-WyJ2MDEyMzQ1Njc4OSJd", arrival: "v0123456789", ...times });
  list = async () => [this.#waiting];
  settle = async (id: string, take: boolean) => {
    if (id !== this.#waiting.id) throw new LodgeError("arrival.not_found", { arrival: id });
    this.#waiting = { ...this.#waiting, state: take ? "here" : "entered" };
    return { guest: "web", here: take };
  };
  enter = async () => ({ host: "h2", ...times });
  look = async () => ({ bytes: 0, blockers: [], warnings: [] });
  begin = async () => ({ host: "h2", ...times });
  end = async () => ({ here: false });
}
