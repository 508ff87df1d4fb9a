/**
 * What a guest's seed says, for cloud-init's NoCloud data source (cloud-init's documentation, "NoCloud"):
 *
 * | file | what |
 * |---|---|
 * | meta-data | who this machine is: instance, host name, the user's SSH keys |
 * | user-data | the user's own file, untouched; without one, nothing |
 * | vendor-data | what Lodge adds; the user's file wins over it |
 * | network-config | only where one is given; else cloud-init asks for DHCP as the guest's OS does it |
 *
 * JSON is YAML, and needs no quoting rules.
 */

export interface Seed {
  /** cloud-init runs its per-instance part once for each value. */
  readonly instanceId: string;
  readonly hostname: string;
  /** For the image's default user. */
  readonly sshKeys: readonly string[];
  /** The machine's own key, in OpenSSH's formats; without one the guest makes its own. */
  readonly hostKey?: { readonly privateKey: string; readonly publicKey: string };
  readonly userData?: string;
  readonly networkConfig?: string;
}

const cloudConfig = (data: object): string => `#cloud-config\n${JSON.stringify(data)}\n`;

/** The seed's files by their names. */
export function seedFiles(seed: Seed): Record<string, string> {
  const metaData = {
    "instance-id": seed.instanceId,
    "local-hostname": seed.hostname,
    "public-keys": seed.sshKeys,
  };
  return {
    "meta-data": `${JSON.stringify(metaData)}\n`,
    "user-data": seed.userData ?? cloudConfig({}),
    "vendor-data": cloudConfig(vendorData(seed)),
    ...(seed.networkConfig === undefined ? {} : { "network-config": seed.networkConfig }),
  };
}

function vendorData({ hostKey }: Seed): object {
  if (!hostKey) return {};
  return { ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey } };
}
