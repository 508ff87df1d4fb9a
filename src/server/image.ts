import type { CallName } from "#contract/call";
import type { Handlers } from "./handler.ts";
import type { ImageService } from "./services.ts";

type ImageRoute = Extract<CallName, `image${string}` | `recipe${string}` | `peerImage${string}`>;

export const imageHandlers = (images: ImageService): Handlers<ImageRoute> => ({
  imageList: ({ query, sight, alone }) => images.list(query, sight, alone),
  imageGet: ({ params }) => images.get(params.image),
  imageUpdate: ({ params, body }) => images.update(params.image, body),
  imageBuild: ({ body, project }) => images.build(body, project),
  imageImport: ({ body, project }) => images.import(body, project),
  imagePull: ({ body, project }) => images.pull(body, project),
  imageCreate: ({ body }) => images.create(body),
  imageDelete: ({ params }) => images.remove(params.image),
  peerImageManifest: ({ params, signal }) => images.manifest(params.id, signal),
  peerImagePiece: ({ params, query: { file, offset, length } }) =>
    images.piece(params.id, file, offset, length),
  peerImageFetch: async ({ params }) => images.fetch(params.id),
  peerImageUpdate: ({ params, body }) => images.updateCopy(params.id, body),
  peerImageDrop: async ({ params }) => images.drop(params.id),
  recipeList: ({ sight }) => images.recipes(sight),
});
