/**
 * Secrets that Lodge gives out: sessions, tokens, one-time links. Each has 256 random bits, so that the store
 * keeps a plain SHA-256 of it: nobody can guess what one fits, and a copy of the store opens nothing.
 */
import { hash, randomBytes } from "node:crypto";

export const newSecret = (): string => randomBytes(32).toString("base64url");

export const digestOf = (secret: string): string => hash("sha256", secret, "hex");
