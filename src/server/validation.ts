/**
 * Checks what comes in against the contract's schemas.
 *
 * Bodies and frames are taken as they are: nothing is coerced and nothing unknown is dropped. Parameters
 * and queries are text by nature, so "true" and "5" become what their schema says. Each schema is compiled
 * when it is first needed: most are not in a daemon's life.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { LodgeError } from "#contract/errors";

/** Where a value stands in the request, as errors name it when the whole of it is wrong. */
export type Part = "body" | "query" | "path" | "frame";

const options = { allErrors: true, verbose: true, useDefaults: true, strict: true, allowUnionTypes: true };

function createAjv(coerceTypes: boolean): Ajv2020 {
  const ajv = new Ajv2020({ ...options, coerceTypes });
  // ajv-formats is CommonJS: its default export is the module itself under some loaders.
  const add =
    "default" in addFormats ? (addFormats.default as unknown as (ajv: Ajv2020) => void) : addFormats;
  (add as (ajv: Ajv2020) => void)(ajv);
  return ajv;
}

let strict: Ajv2020 | undefined;
let coercing: Ajv2020 | undefined;

const ajvFor = (part: Part): Ajv2020 =>
  part === "query" || part === "path" ? (coercing ??= createAjv(true)) : (strict ??= createAjv(false));

/** A function that says what is wrong with a value, or undefined. It fills in the schema's defaults. */
export function checker(schema: object, part: Part): (value: unknown) => LodgeError | undefined {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= ajvFor(part).compile(schema);
    return validate(value) ? undefined : explain(validate.errors ?? [], part);
  };
}

interface Fault {
  readonly field: string;
  readonly reason: string;
}

/** The first fault as an api.invalid; the others, if any, as its detail. */
export function explain(errors: readonly ErrorObject[], part: Part): LodgeError {
  const faults = dropAlternatives(errors).map((error) => toFault(error, errors, part));
  const [first = { field: part, reason: "is not valid" }, ...others] = faults;
  const rest = others.slice(0, 20).map(({ field, reason }) => `${field}: ${reason}.`);
  return new LodgeError(
    "api.invalid",
    { field: first.field, reason: first.reason },
    { detail: rest.length > 0 ? rest.join("\n") : undefined },
  );
}

/** Of a union that nothing fits, the one error that says so, without those of its alternatives. */
function dropAlternatives(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === "anyOf");
  return errors.filter((error) => !unions.some((union) => isWithin(error, union)));
}

const isWithin = (error: ErrorObject, union: ErrorObject): boolean =>
  error !== union &&
  error.schemaPath.startsWith(`${union.schemaPath}/`) &&
  error.instancePath.startsWith(union.instancePath);

function toFault(error: ErrorObject, all: readonly ErrorObject[], part: Part): Fault {
  const path = error.instancePath.split("/").slice(1).map(unescape);
  const child = error.params["missingProperty"] ?? error.params["additionalProperty"];
  if (child !== undefined) path.push(String(child).slice(0, 100));
  return { field: path.join(".") || part, reason: reasonOf(error, all) };
}

/** JSON pointers write "/" as "~1" and "~" as "~0" (RFC 6901). */
const unescape = (token: string): string => token.replaceAll("~1", "/").replaceAll("~0", "~");

function reasonOf(error: ErrorObject, all: readonly ErrorObject[]): string {
  const { limit } = error.params as { limit?: number };
  switch (error.keyword) {
    case "required":
      return "is required";
    case "additionalProperties":
      return (error.parentSchema as { patternProperties?: object }).patternProperties
        ? "is not a valid key"
        : "is not known";
    case "type":
      return `must be ${withArticle(String(error.params["type"]))}`;
    case "const":
      return `must be ${JSON.stringify(error.params["allowedValue"])}`;
    case "anyOf":
      return `must be ${alternatives(error, all)}`;
    case "minimum":
      return `must be at least ${limit}`;
    case "maximum":
      return `must be at most ${limit}`;
    case "minLength":
      return `must have at least ${limit} characters`;
    case "maxLength":
      return `may have at most ${limit} characters`;
    case "maxItems":
      return `may have at most ${limit} entries`;
    case "pattern":
      return `has the wrong form${inWords(error)}`;
    case "format":
      return `must be ${withArticle(String(error.params["format"]))}`;
    default:
      return error.message ?? "is not valid";
  }
}

function inWords(error: ErrorObject): string {
  const { description, pattern } = error.parentSchema as { description?: string; pattern?: string };
  return `: ${description?.replace(/\.$/, "") ?? `it must match ${pattern}`}`;
}

function alternatives(union: ErrorObject, all: readonly ErrorObject[]): string {
  const words = all
    .filter((error) => isWithin(error, union) && error.instancePath === union.instancePath)
    .flatMap(({ keyword, params }) => {
      if (keyword === "const") return [String(params["allowedValue"])];
      return keyword === "type" ? [withArticle(String(params["type"]))] : [];
    });
  const unique = [...new Set(words)];
  return unique.length > 0 ? unique.join(" or ") : "one of what its schema says";
}

const withArticle = (noun: string): string =>
  noun === "null" ? noun : `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;
