/** Many hosts that are one. */
import { Type, type Static } from "./type.ts";
import { Labels, Name, Timestamp } from "./fields.ts";

const strict = { additionalProperties: false } as const;

export const HostId = Type.String({ pattern: "^h[0-9a-z]{10}$", examples: ["h0123456789"] });

/** An image's files as a host sends them to another: domain/image/copy/manifest.ts. */
export const ImageManifest = Type.Object({
  record: Type.Unsafe<object>({ type: "object", description: "As the host that has it keeps it." }),
  files: Type.Array(
    Type.Object({
      name: Type.String(),
      size: Type.Integer({ minimum: 0 }),
      pieces: Type.Array(Type.String({ description: "SHA-256 in hexadecimal; empty: it is all zeros." })),
    }),
  ),
});
export type ImageManifest = Static<typeof ImageManifest>;

export const ImagePieceQuery = Type.Object(
  {
    file: Type.String({ pattern: "^[A-Za-z0-9._-]{1,200}$" }),
    offset: Type.Integer({ minimum: 0 }),
    length: Type.Integer({ minimum: 1, maximum: 16 * 1024 * 1024 }),
  },
  { additionalProperties: false },
);
export type ImagePieceQuery = Static<typeof ImagePieceQuery>;

export const HomeFile = Type.Object({
  size: Type.Integer({ minimum: 0, description: "Bytes that it is long." }),
});

export const HomeTidied = Type.Object({});

export const HomePieceQuery = Type.Object(
  {
    offset: Type.Integer({ minimum: 0 }),
    length: Type.Integer({ minimum: 1, maximum: 4 * 1024 * 1024 }),
  },
  { additionalProperties: false },
);

const Address = Type.String({
  maxLength: 64,
  description: "An IP address with the port of its door for other hosts; the next two are etcd's.",
  examples: ["198.51.100.7:8470"],
});

const pem = Type.String({ maxLength: 16_384, description: "PEM" });

export const ClusterHost = Type.Object({
  id: HostId,
  name: Name,
  address: Address,
  version: Type.String(),
  wire: Type.Integer({ description: "What it speaks with other hosts." }),
  voter: Type.Boolean({ description: "It keeps the cluster's state, with the other voters." }),
  witness: Type.Boolean({ description: "It runs no guests: it is there for a majority alone." }),
  state: Type.Union([Type.Literal("active"), Type.Literal("draining")], {
    description: "draining: it takes no more guests.",
  }),
  answers: Type.Boolean({ description: "Its daemon told a few seconds ago that it is there." }),
  awaySince: Type.Optional(
    Type.String({ format: "date-time", description: "Since when it does not, as far as that is known." }),
  ),
  knownAt: Type.Optional(
    Type.String({
      format: "date-time",
      description:
        "There is no quorum: nobody knows how this host is. What is said of it was so when one was heard last.",
    }),
  ),
  here: Type.Boolean({ description: "It is the one that was asked." }),
  guests: Type.Integer({ description: "Those whose records are its own, running or not." }),
  joinedAt: Timestamp,
  certificateUntil: Type.Optional(Timestamp),
  labels: Type.Optional(Labels),
  taints: Type.Optional(Type.Array(Type.String())),
});
export type ClusterHost = Static<typeof ClusterHost>;

export const ClusterStatus = Type.Object({
  state: Type.Union(
    [Type.Literal("alone"), Type.Literal("well"), Type.Literal("weakened"), Type.Literal("stopped")],
    {
      description:
        "alone: no cluster; weakened: it works, and something does not; stopped: no majority, so that nothing can be changed.",
    },
  ),
  id: Type.Optional(Type.String()),
  host: Type.Optional(Type.String({ description: "The name of the host that was asked." })),
  voters: Type.Integer({ description: "Hosts that keep the state." }),
  needed: Type.Integer({ description: "How many of them have to answer." }),
  external: Type.Boolean({ description: "The state is in an etcd that is not Lodge's own." }),
  knownAt: Type.Optional(
    Type.String({
      format: "date-time",
      description:
        "Where there is no quorum: when one was heard last. What is shown of other hosts is of then.",
    }),
  ),
  says: Type.Array(Type.String(), { description: "How it is, in plain words." }),
  advice: Type.Array(Type.String(), { description: "What to do, where something is to be done." }),
});
export type ClusterStatus = Static<typeof ClusterStatus>;

const EtcdClientTls = Type.Object(
  {
    ca: Type.String({ maxLength: 65_536, description: "PEM: who signed the etcd's certificate." }),
    cert: Type.Optional(Type.String({ maxLength: 65_536, description: "PEM: the certificate to show it." })),
    key: Type.Optional(Type.String({ maxLength: 16_384, description: "PEM: the key of that." })),
  },
  strict,
);

export const ClusterInit = Type.Object(
  {
    name: Type.Optional(Name),
    address: Type.Optional(Address),
    etcd: Type.Optional(
      Type.Array(
        Type.String({
          pattern: "^https?://[^/]+/?$",
          maxLength: 256,
          examples: ["http://etcd.example:2379"],
        }),
        {
          minItems: 1,
          maxItems: 9,
          description: "Addresses of an etcd that is there already. Without it Lodge runs its own.",
        },
      ),
    ),
    etcdTls: Type.Optional(EtcdClientTls),
  },
  strict,
);
export type ClusterInit = Static<typeof ClusterInit>;

export const ClusterTokenCreate = Type.Object(
  {
    seconds: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 604_800,
        description: "How long it is good for. Default: an hour.",
      }),
    ),
  },
  strict,
);
export type ClusterTokenCreate = Static<typeof ClusterTokenCreate>;

export const ClusterToken = Type.Object({
  token: Type.String({ description: "Lets one host join, once. It is shown this one time." }),
  expiresAt: Timestamp,
});
export type ClusterToken = Static<typeof ClusterToken>;

export const ClusterJoin = Type.Object(
  {
    token: Type.String({ maxLength: 1024 }),
    name: Type.Optional(Name),
    address: Type.Optional(Address),
  },
  strict,
);
export type ClusterJoin = Static<typeof ClusterJoin>;

export const ClusterRemoveQuery = Type.Object(
  {
    force: Type.Optional(
      Type.Boolean({ description: "Also with guests: what Lodge knows of them is lost with the host." }),
    ),
  },
  strict,
);
export type ClusterRemoveQuery = Static<typeof ClusterRemoveQuery>;

export const ClusterFileBody = Type.Object(
  {
    path: Type.String({
      pattern: "^/",
      maxLength: 4096,
      description: "A file on the host that is asked, absolute.",
    }),
  },
  strict,
);
export type ClusterFileBody = Static<typeof ClusterFileBody>;

export const ClusterBackup = Type.Object({
  path: Type.String(),
  size: Type.Integer({ description: "Bytes." }),
});
export type ClusterBackup = Static<typeof ClusterBackup>;

export const PeerHello = Type.Object({
  id: HostId,
  name: Name,
  version: Type.String(),
  wire: Type.Integer({ description: "What it speaks with other hosts." }),
  now: Type.Integer({ description: "Its clock: milliseconds since the epoch." }),
  startedAt: Type.Integer({ description: "Since when its daemon runs: milliseconds since the epoch." }),
});
export type PeerHello = Static<typeof PeerHello>;

export const PeerJoin = Type.Object(
  {
    secret: Type.String({ maxLength: 128 }),
    request: Type.Object(
      {
        id: HostId,
        addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 }),
        publicKey: pem,
        proof: Type.String({ maxLength: 512 }),
      },
      strict,
    ),
    name: Name,
    address: Address,
    version: Type.String({ maxLength: 64 }),
    wire: Type.Integer(),
    witness: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type PeerJoin = Static<typeof PeerJoin>;

export const PeerJoined = Type.Object({
  cluster: Type.String(),
  /** Who answered, for what is asked next. */
  by: Type.Object({ id: HostId, name: Name, address: Address }),
  certificate: pem,
  authority: pem,
  revoked: Type.String({ description: "PEM: what the authority signed that holds no more." }),
  sealKey: Type.String({ description: "What seals secrets in the store, in base64url." }),
  etcd: Type.Object({
    endpoints: Type.Array(Type.String()),
    external: Type.Optional(Type.Literal(true)),
    tls: Type.Optional(EtcdClientTls),
  }),
});
export type PeerJoined = Static<typeof PeerJoined>;
