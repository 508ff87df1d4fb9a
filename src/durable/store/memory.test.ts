import { storeConformance } from "./conformance.ts";
import { MemoryStore } from "./memory.ts";

storeConformance("the memory store", {
  make: async (options) => new MemoryStore(options),
  restore: (path) => MemoryStore.restore(path),
});
