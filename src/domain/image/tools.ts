/** What making images needs of the rest: functions, so that a test can pass its own. */
import type { Image, UefiVariables } from "./record.ts";

/** Where an image's files are made, and how to tell of it. */
export interface Workplace {
  /** The image's own folder; it exists and is empty, or holds what an attempt before left. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number | undefined, message: string) => void;
}

/** An image's files and what was learned of them. */
export interface Made {
  /** The disk or ISO, absolute, within the workplace. */
  readonly path: string;
  readonly kind: Image["kind"];
  readonly format: Image["format"];
  /** Bytes that a guest sees. */
  readonly size: number;
  readonly sha256?: string;
  readonly agent: Image["agent"];
  readonly cloudInit: boolean;
  readonly firmware: Image["firmware"];
  readonly defaultUser?: string;
  readonly cpus?: number;
  readonly memory?: number;
  readonly desktop?: boolean;
  readonly description: string;
  readonly kernel?: string;
  readonly uefiVariables?: UefiVariables;
}

export interface RecipeFacts {
  readonly name: string;
  readonly description: string;
  readonly kind: string;
  /** Changes with the recipe and everything that goes into an image built from it. */
  readonly digest: string;
}

/** Each throws catalogue errors only, leaves its workplace to the caller, and ends soon when aborted. */
export interface ImageTools {
  recipes(): Promise<RecipeFacts[]>;
  /** @throws LodgeError image.recipe_not_found, image.recipe_invalid. */
  recipe(name: string): Promise<RecipeFacts>;
  build(recipe: string, place: Workplace): Promise<Made>;
  /** A file of the host. Checks its SHA-256 where one is given; learns its format from its content. */
  import(source: ImportSource, place: Workplace): Promise<Made>;
  download(source: { readonly url: string; readonly sha256?: string }, place: Workplace): Promise<Made>;
}

export interface ImportSource {
  readonly path: string;
  readonly sha256?: string;
  /** What its sender calls it, of a file that is Lodge's own and that nobody changes: it need not be copied. */
  readonly staged?: string;
}

/** What stands on an image. */
export interface ImageUser {
  /** "guest web" */
  readonly name: string;
  readonly project: string;
}

/** What is needed of guests. */
export interface ImageGuests {
  /** The guests and templates that stand on an image. */
  usersOf(imageId: string): Promise<ImageUser[]>;
  /** A guest whose disk can be made an image. @throws LodgeError guest.not_found, guest.wrong_state. */
  source(guestId: string): Promise<{ readonly id: string; readonly project: string }>;
  /** Writes a stopped guest's disk, without the layers below it, as one file. */
  flatten(guestId: string, place: Workplace): Promise<Made>;
}
