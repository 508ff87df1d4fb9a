/** Reads Prometheus' text format as strictly as it is described, so that what is served is known to be it. */
import assert from "node:assert/strict";

export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedMetric {
  readonly help: string;
  readonly type: string;
  readonly samples: ParsedSample[];
}

const unescape = (text: string): string =>
  text.replace(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex;
    const match = pair.exec(text);
    assert.ok(match, `labels at ${at} of ${text}`);
    const [, name = "", value = ""] = match;
    assert.ok(!(name in labels), `${name} twice`);
    labels[name] = unescape(value);
  }
  return labels;
}

/** Metrics by their name. Fails where the text is not what a server of Prometheus would take. */
export function parseExposition(text: string): Map<string, ParsedMetric> {
  assert.ok(text.endsWith("\n"), "its last line has an end");
  const metrics = new Map<string, ParsedMetric>();
  const seen = new Set<string>();
  let help: { name: string; text: string } | undefined;
  let now: string | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const helps = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (helps) {
      help = { name: helps[1]!, text: unescape(helps[2]!) };
      continue;
    }
    const types = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (types) {
      now = types[1]!;
      assert.equal(help?.name, now, "HELP comes before TYPE");
      assert.ok(!metrics.has(now), `${now} is in one piece`);
      metrics.set(now, { help: help!.text, type: types[2]!, samples: [] });
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.e+-]+|\+Inf|-Inf|NaN)$/.exec(line);
    assert.ok(sample, `a line that is none: ${line}`);
    const [, name = "", labels = "", value = ""] = sample;
    const metric = metrics.get(now ?? "");
    const suffixes = metric?.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    assert.ok(
      suffixes.some((suffix) => name === `${now}${suffix}`),
      `${name} stands below ${now}`,
    );
    assert.ok(!seen.has(`${name}{${labels}}`), `${name}{${labels}} twice`);
    seen.add(`${name}{${labels}}`);
    metric!.samples.push({ name, labels: parseLabels(labels), value: Number(value) });
  }
  return metrics;
}
