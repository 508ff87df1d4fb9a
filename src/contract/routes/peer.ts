/** What the hosts of a cluster ask each other, through the peer door alone. */
import type { Route } from "../route.ts";

export const peerRoutes = {
  peerHello: {
    method: "GET",
    path: "/v1/peer/hello",
    permission: "peer",
    summary: "Who a host is, what it runs and what its clock says",
    returns: "PeerHello",
    errors: [],
  },
  peerImageManifest: {
    method: "GET",
    path: "/v1/peer/images/:id/manifest",
    permission: "peer",
    summary: "What the files of an image are, piece by piece, for a host that copies them",
    returns: "ImageManifest",
    errors: ["image.not_found", "image.file_missing"],
  },
  peerImagePiece: {
    method: "GET",
    path: "/v1/peer/images/:id/piece",
    permission: "peer",
    query: "ImagePieceQuery",
    summary: "Bytes of one of an image's files",
    media: "application/octet-stream",
    errors: ["image.not_found", "image.file_missing"],
  },
  peerImageFetch: {
    method: "POST",
    path: "/v1/peer/images/:id/fetch",
    permission: "peer",
    summary: "Get a copy of an image from a host that has it, and answer once it is there",
    returns: "Image",
    errors: [],
  },
  peerImageUpdate: {
    method: "POST",
    path: "/v1/peer/images/:id/update",
    permission: "peer",
    body: "ImageUpdate",
    summary: "Change a copy of an image as the image was changed",
    returns: "Image",
    errors: ["image.not_found"],
  },
  peerImageDrop: {
    method: "POST",
    path: "/v1/peer/images/:id/drop",
    permission: "peer",
    summary: "Remove a copy of an image on which nothing stands, and answer once it is gone",
    returns: "Image",
    errors: ["image.not_found", "image.in_use"],
  },
  peerFirewallUse: {
    method: "POST",
    path: "/v1/peer/guests/:guest/firewalls",
    permission: "peer",
    body: "FirewallUse",
    summary: "Have a firewall group hold for a guest there, or no longer",
    returns: "FirewallUse",
    errors: ["guest.not_found"],
  },
} as const satisfies Record<string, Route>;
