/**
 * What a command is, as data: its operands and options with their parsers, its examples, and what it
 * does. The parser, the help pages and shell completion all read this one description.
 */
import type { Context } from "./context.ts";

/** What a shell may offer at a place. */
export type Completion =
  | "guest"
  | "disk"
  | "snapshot"
  | "image"
  | "template"
  | "network"
  | "firewall"
  | "nic"
  | "share"
  | "device"
  | "operation"
  | "recording"
  | "recipe"
  | "upload"
  | "user"
  | "token"
  | "webhook"
  | "pool"
  | "volume"
  | "desktop-pool"
  | "desktop"
  | "host"
  | "remote"
  | "project"
  | "file";

interface OptionBase {
  readonly help: string;
  /** One letter. */
  readonly short?: string;
  readonly complete?: Completion | readonly string[];
}

/** On or off: --force, --no-force. */
export interface Switch extends OptionBase {
  readonly kind: "switch";
  /** A switch that is on by itself is shown as --no-NAME. */
  readonly on?: boolean;
}

/** Takes a value; the last one counts. */
export interface Single<T> extends OptionBase {
  readonly kind: "single";
  /** What the help page calls the value. */
  readonly value: string;
  /** Its value where it is given bare, as --wait; it then takes another one only as --wait=VALUE. */
  readonly bare?: T;
  /** Its value as --no-NAME. */
  readonly negated?: T;
  /** @throws RangeError whose message goes on after "--name: ". */
  readonly parse: (text: string) => T;
}

/** Takes a value and may be given again. */
export interface Many<T> extends OptionBase {
  readonly kind: "many";
  readonly value: string;
  readonly parse: (text: string) => T;
}

export type Option = Switch | Single<any> | Many<any>;
export type Options = Readonly<Record<string, Option>>;

/** What an option's value is once parsed; a switch that was not given is undefined. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Switch
    ? boolean | undefined
    : O[K] extends Many<infer T>
      ? readonly T[]
      : O[K] extends Single<infer T>
        ? T | undefined
        : never;
};

export interface Operand {
  /** In capitals, as the usage line shows it. */
  readonly name: string;
  readonly optional?: boolean;
  readonly many?: boolean;
  readonly complete?: Completion | readonly string[];
}

export interface Input<O extends Options = Options> {
  readonly operands: readonly string[];
  readonly options: Values<O>;
  /** What followed `--`. */
  readonly trailing: readonly string[];
}

export interface Command<O extends Options = any> {
  readonly operands: readonly Operand[];
  /** The name of what may follow `--`, such as COMMAND. */
  readonly trailing?: string;
  readonly options: O;
  /** Paragraphs under the summary. */
  readonly about?: string;
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Resolves with the exit code; nothing means 0. */
  run(input: Input<O>, context: Context): Promise<number | void>;
}

export const command = <const O extends Options>(definition: Command<O>): Command<O> => definition;

export const flag = (help: string, more: Omit<Switch, "kind" | "help"> = {}): Switch => ({
  kind: "switch",
  help,
  ...more,
});

export const text = (
  value: string,
  help: string,
  more: Omit<Single<string>, "kind" | "help" | "value" | "parse"> = {},
): Single<string> => ({ kind: "single", value, help, parse: (given) => given, ...more });

export const parsed = <T>(
  value: string,
  help: string,
  parse: (text: string) => T,
  more: Omit<Single<T>, "kind" | "help" | "value" | "parse"> = {},
): Single<T> => ({ kind: "single", value, help, parse, ...more });

export const many = <T>(
  value: string,
  help: string,
  parse: (text: string) => T,
  more: Omit<Many<T>, "kind" | "help" | "value" | "parse"> = {},
): Many<T> => ({ kind: "many", value, help, parse, ...more });

/** One of a few words. */
export const choice = <const T extends string>(
  words: readonly T[],
  help: string,
  more: Partial<Omit<Single<T>, "kind" | "help" | "parse" | "complete">> = {},
): Single<T> => ({
  kind: "single",
  value: words.join("|"),
  help,
  complete: words,
  parse: (given) => {
    const word = words.find((each) => each === given);
    if (word === undefined) throw new RangeError(`'${given}' is none of ${words.join(", ")}`);
    return word;
  },
  ...more,
});
