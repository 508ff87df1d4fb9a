/** How long requests took, route by route. A wait for long work and a stream are no measure and are left out. */
import type { FastifyInstance } from "fastify";
import type { Metric, Sample } from "./exposition.ts";

/** Upper bounds in seconds: what is served from memory takes one millisecond, what starts QEMU some hundred. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  readonly labels: { readonly route: string; readonly method: string; readonly status: string };
  readonly counts: number[];
  sum: number;
  count: number;
}

export class Latency {
  readonly #series = new Map<string, Series>();

  install(app: FastifyInstance): void {
    app.addHook("onResponse", async (request, reply) => {
      const { route } = request.routeOptions.config;
      if (route === undefined || route === "operationWait") return;
      // The class of the status alone: each series is one more thing to keep.
      const status = `${Math.floor(reply.statusCode / 100)}xx`;
      this.observe(route, request.method, status, reply.elapsedTime / 1000);
    });
  }

  observe(route: string, method: string, status: string, seconds: number): void {
    const key = `${route} ${status}`;
    let series = this.#series.get(key);
    if (!series) {
      series = { labels: { route, method, status }, counts: bounds.map(() => 0), sum: 0, count: 0 };
      this.#series.set(key, series);
    }
    series.sum += seconds;
    series.count++;
    const at = bounds.findIndex((bound) => seconds <= bound);
    if (at >= 0) series.counts[at]!++;
  }

  metric(): Metric {
    return {
      name: "lodge_http_request_duration_seconds",
      help: "Time from a request until its answer was sent, by the API's route.",
      type: "histogram",
      samples: [...this.#series.values()].flatMap(samplesOf),
    };
  }
}

function samplesOf({ labels, counts, sum, count }: Series): Sample[] {
  let below = 0;
  const buckets = counts.map((some, i) => ({
    suffix: "_bucket",
    labels: { ...labels, le: String(bounds[i]) },
    value: (below += some),
  }));
  return [
    ...buckets,
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count },
  ];
}
