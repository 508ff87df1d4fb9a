import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import type { Context } from "../context.ts";
import { exitCode } from "../exit-code.ts";
import { formatOption, printData } from "../output.ts";
import { printable, width } from "../printable.ts";
import type { Style, Terminal } from "../terminal.ts";
import { wrap } from "../wrap.ts";

type Check = Schemas["Check"];

const signs: Readonly<Record<Check["status"], readonly [sign: string, style: Style]>> = {
  ok: ["✓", "green"],
  warning: ["!", "yellow"],
  missing: ["✗", "red"],
};

export const doctor = command({
  operands: [],
  options: formatOption,
  about: `✓ is well, ! works with a limit, ✗ does not work; each of the latter with what to do about it. The exit code
    is 1 where something does not work, and 5 where no daemon answers.`,
  examples: [
    ["lodge doctor", "look at everything"],
    ["lodge doctor -f json", "the same for programs"],
  ],
  async run({ options }, context) {
    const { checks, code } = await examine(context);
    const { terminal } = context;
    if (options.format === "json" || options.format === "yaml")
      await printData(terminal, checks, options.format);
    else for (const line of page(terminal, checks)) terminal.print(line);
    return code;
  },
});

/** What the daemon found, or that there is none: a doctor has an answer to that too. */
async function examine({ client }: Context): Promise<{ checks: readonly Check[]; code: number }> {
  try {
    const host = await client.call("hostGet");
    const summary = `version ${host.version}, process ${host.pid}, at ${client.address}`;
    const checks = [{ name: "daemon", status: "ok", summary } as const, ...(await client.call("hostDoctor"))];
    const broken = checks.some(({ status }) => status === "missing");
    return { checks, code: broken ? exitCode.failure : exitCode.ok };
  } catch (error) {
    if (!hasCode(error, "api.daemon_unreachable", "api.daemon_lost", "api.stopping")) throw error;
    const fix = `${error.hint} It looks at everything else.`;
    return {
      checks: [{ name: "daemon", status: "missing", summary: error.message, fix }],
      code: exitCode.unreachable,
    };
  }
}

function page(terminal: Terminal, checks: readonly Check[]): string[] {
  const widest = Math.max(...checks.map(({ name }) => width(name)));
  const indent = 2 + widest + 2;
  const columns = Math.max(60, Math.min(110, terminal.columns ?? 110));
  return checks.flatMap(({ name, status, summary, fix }) => {
    const [sign, style] = signs[status];
    const label = terminal.paint("bold", printable(name)) + " ".repeat(widest - width(name));
    const [first = "", ...rest] = wrap(printable(summary), indent, columns);
    const advice = fix === undefined ? [] : wrap(`→ ${printable(fix)}`, indent + 2, columns);
    return [
      `${terminal.paint(style, sign)} ${label}  ${first}`,
      ...rest,
      ...advice.map((each, index) => (index === 0 ? " ".repeat(indent) : "") + terminal.paint("cyan", each)),
    ];
  });
}
