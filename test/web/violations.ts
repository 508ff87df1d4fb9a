/** What axe finds that keeps somebody from using a page: what WCAG 2.2 AA forbids, and what is bad practice. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** The rules about colours: nothing else differs where a page is shown on the other ground. */
const ofColours = ["color-contrast", "link-in-text-block"];

/** Nothing is said of what is as it should be: to describe each part of a page takes longer than to look at it. */
const brief = { resultTypes: ["violations"], selectors: false } satisfies Parameters<
  AxeBuilder["options"]
>[0];

interface Asked {
  /** A selector: what is looked at, and nothing around it. */
  readonly within?: string;
  readonly coloursOnly?: boolean;
  /** Rules that do not hold here. */
  readonly but?: readonly string[];
}

export async function violations(
  page: Page,
  { within, coloursOnly, but = [] }: Asked = {},
): Promise<string[]> {
  // In one piece: results are put together in a second page only where there are frames of others.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ ...brief });
  if (within !== undefined) axe.include(within);
  if (coloursOnly) axe.withRules(ofColours);
  else axe.withTags(tags).disableRules([...but]);
  const { violations: found } = await axe.analyze();
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary = "" }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`,
    ),
  );
}
