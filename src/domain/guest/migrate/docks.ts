/** Where the connections of guests that are on their way here lead to. */
import type { Duplex } from "node:stream";
import { innerStream } from "#base/inner-stream";
import { connectOwn } from "#base/own-socket";
import { guestPlace, type Places } from "../place.ts";
import type { Berth } from "./arrive.ts";
import { Conversation } from "./conversation.ts";
import type { Lane } from "./destination.ts";
import { receiveFile } from "./stream-file.ts";

interface Dock extends Berth {
  readonly guest: string;
  readonly spoke: PromiseWithResolvers<Conversation>;
  files: ReadonlyMap<string, string>;
  left: number;
  readonly complete: PromiseWithResolvers<void>;
}

const never = new Promise<never>(() => undefined);
const nothing: Berth = { talk: never, expect: () => never };

export class Docks {
  readonly #places: Pick<Places, "guests" | "run">;
  readonly #docks = new Map<string, Dock>();

  constructor(places: Pick<Places, "guests" | "run">) {
    this.#places = places;
  }

  /** A guest begins to come by this move. */
  prepare(move: string, guest: string): void {
    const spoke = Promise.withResolvers<Conversation>();
    const complete = Promise.withResolvers<void>();
    complete.promise.catch(() => undefined);
    const dock: Dock = {
      guest,
      spoke,
      talk: spoke.promise,
      files: new Map(),
      left: 0,
      complete,
      expect(files) {
        dock.files = files;
        dock.left = files.size;
        if (files.size === 0) complete.resolve();
        return complete.promise;
      },
    };
    this.#docks.set(move, dock);
  }

  /** What its connections bring; of one that an earlier daemon had begun, nothing ever. */
  berth(move: string): Berth {
    return this.#docks.get(move) ?? nothing;
  }

  /** The source waits for its word, and finds out from its silence. */
  forget(move: string): void {
    const dock = this.#docks.get(move);
    this.#docks.delete(move);
    void dock?.talk.then((talk) => talk.finish());
  }

  /** What a connection leads to; undefined: nothing of it is on its way here. */
  async open(move: string, lane: Lane): Promise<Duplex | undefined> {
    const dock = this.#docks.get(move);
    if (!dock) return undefined;
    const place = guestPlace(this.#places, dock.guest);
    switch (lane.kind) {
      case "talk":
        return innerStream((stream) => dock.spoke.resolve(new Conversation(stream)));
      case "memory":
        return connectOwn(place.incoming);
      case "disks":
        return connectOwn(place.incomingDisks);
      case "file": {
        const path = [...dock.files.values()][lane.at];
        return path === undefined ? undefined : innerStream((stream) => void receive(dock, path, stream));
      }
    }
  }
}

async function receive(dock: Dock, path: string, stream: Duplex): Promise<void> {
  try {
    await receiveFile(stream, path);
    if (--dock.left === 0) dock.complete.resolve();
  } catch (error) {
    dock.complete.reject(error);
  }
}
