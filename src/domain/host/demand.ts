/**
 * What somebody asks for that others share: what it adds to a project, and what begins to run.
 *
 * `Pass` lets one demand after another through: it works out what is asked for, decides, and while `work` writes down what was asked for no other
 * is decided on, so two that fit alone but not together do not both pass. What is written down only later holds its
 * place until `until` has resolved.
 */
import type { Amounts } from "#contract/schema/quota";

export interface Demand {
  /** In words: "Guest 'web'". */
  readonly subject: string;
  readonly project: string;
  /** What the project has more of afterwards. */
  readonly adds?: Partial<Amounts>;
  /** What the host's memory and processors have to carry more afterwards. */
  readonly runs?: { readonly memory: number; readonly cpus: number };
  /** What is kept in reserve is for it too: it ran elsewhere in the cluster, or is what the reserve is kept for. */
  readonly comesBack?: true;
}

/**
 * A demand that depends on what others may change meanwhile is worked out when it is its turn; undefined asks for
 * nothing.
 */
export type Asked = Demand | (() => Promise<Demand | undefined>);

export type Pass = <T>(
  demand: Asked,
  work: () => Promise<T>,
  until?: (result: T) => Promise<unknown>,
) => Promise<T>;

/** Where nothing is limited. */
export const openPass: Pass = (_demand, work) => work();
