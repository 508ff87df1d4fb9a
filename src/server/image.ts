import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { ImageService } from "./services.ts";

type ImageRoute = Extract<CallName, `image${string}` | `recipe${string}`>;

export const imageHandlers = (images: ImageService): Handlers<ImageRoute> => ({
  imageList: ({ query }) => images.list(query),
  imageGet: ({ params }) => images.get(params.image),
  imageBuild: ({ body }) => images.build(body),
  imageImport: ({ body }) => images.import(body),
  imagePull: ({ body }) => images.pull(body),
  imageCreate: ({ body }) => images.create(body),
  imageDelete: ({ params }) => images.remove(params.image),
  recipeList: () => images.recipes(),
});
