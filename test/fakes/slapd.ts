/** A directory: Debian's slapd on loopback, with a folder, certificates and people of its own. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "ldapts";
import { systemClock } from "#base/clock";
import { OwnAuthority } from "#domain/access/certificate/own-authority";

export const base = "dc=example,dc=com";
export const reader = { bindDn: `cn=reader,${base}`, secret: "reads everything" };
/** Everybody's, whose entry has one. */
export const password = "correct horse battery";

const admin = { dn: `cn=admin,${base}`, password: "changes everything" };

/** What Active Directory has, as far as slapd can be told of it: not its rule for members of members. */
const schema = `
attributetype ( 1.1.2.1 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.1.2.2 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.1.2.3 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.1.2.4 NAME 'objectSid' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.1.2.5 NAME 'primaryGroupID' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.1.2.6 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.1.2.7 NAME 'objectCategory' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.1.2.8 NAME 'user' SUP top AUXILIARY MAY ( sAMAccountName $ userPrincipalName $ objectGUID $ objectSid $ primaryGroupID $ userAccountControl $ objectCategory ) )
objectclass ( 1.1.2.9 NAME 'group' SUP top AUXILIARY MAY ( objectSid $ objectCategory ) )
`;

const person = (name: string, more: readonly string[] = []): string =>
  [
    `dn: uid=${name},ou=people,${base}`,
    "objectClass: inetOrgPerson",
    `uid: ${name}`,
    `cn: ${name}`,
    `sn: ${name}`,
    `userPassword: ${password}`,
    ...more,
  ].join("\n");

const group = (name: string, ...members: readonly string[]): string =>
  [
    `dn: cn=${name},ou=groups,${base}`,
    "objectClass: groupOfNames",
    `cn: ${name}`,
    ...members.map((member) => `member: ${member},${base}`),
  ].join("\n");

const domain = "0105000000000005150000000102030405060708090a0b0c";
const binary = (name: string, hex: string): string =>
  `${name}:: ${Buffer.from(hex, "hex").toString("base64")}`;

const people = [
  `dn: ${base}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example`,
  ...["people", "groups", "elsewhere"].map(
    (name) => `dn: ou=${name},${base}\nobjectClass: organizationalUnit\nou: ${name}`,
  ),
  `dn: cn=reader,${base}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: ${reader.secret}`,
  `dn: cn=policy,${base}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\npwdLockout: TRUE`,
  person("ann", ["objectClass: posixAccount", "uidNumber: 5", "gidNumber: 50", "homeDirectory: /"]),
  person("ben"),
  person("locked", ["pwdAccountLockedTime: 000001010000Z"]),
  person("ad-ann", [
    "objectClass: user",
    "sAMAccountName: Ada",
    "userPrincipalName: ada@example.com",
    "objectCategory: person",
    binary("objectGUID", "00ff2a28295c0102030405060708090a"),
    binary("objectSid", `${domain}51040000`),
    "primaryGroupID: 513",
    "userAccountControl: 512",
  ]),
  `dn: uid=ben,ou=elsewhere,${base}\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: ben\nuserPassword: ${password}`,
  group("design", "uid=ann,ou=people"),
  group("makers", "cn=design,ou=groups"),
  group("everybody", "cn=makers,ou=groups", "cn=everybody,ou=groups"),
  `dn: cn=Domain Users,ou=groups,${base}\nobjectClass: groupOfNames\nobjectClass: group\ncn: Domain Users\nmember: cn=reader,${base}\n${binary("objectSid", `${domain}01020000`)}`,
  group("in the domain", "cn=Domain Users,ou=groups"),
  `dn: cn=admins,ou=elsewhere,${base}\nobjectClass: groupOfNames\ncn: admins\nmember: uid=ann,ou=people,${base}`,
  `dn: cn=staff,ou=groups,${base}\nobjectClass: posixGroup\ncn: staff\ngidNumber: 50`,
  `dn: cn=printers,ou=groups,${base}\nobjectClass: posixGroup\ncn: printers\ngidNumber: 51\nmemberUid: ann`,
];

export class Slapd {
  readonly plain: string;
  readonly secure: string;
  /** Its authority, in PEM. */
  readonly ca: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(plain: number, secure: number, ca: string, folder: string, process: ChildProcess) {
    this.plain = `ldap://127.0.0.1:${plain}`;
    this.secure = `ldaps://127.0.0.1:${secure}`;
    this.ca = ca;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<Slapd> {
    const folder = mkdtempSync(join(tmpdir(), "lodge-slapd-"));
    try {
      const authority = await OwnAuthority.open(folder, systemClock, "a directory");
      const { key, cert } = await authority.serverCertificate(["localhost", "127.0.0.1"]);
      writeFileSync(join(folder, "server-key.pem"), key, { mode: 0o600 });
      writeFileSync(join(folder, "server-cert.pem"), cert);
      mkdirSync(join(folder, "data"));
      writeFileSync(join(folder, "schema"), schema);
      writeFileSync(join(folder, "slapd.conf"), configuration(folder));
      const settings = ["-f", join(folder, "slapd.conf")];
      execFileSync("/usr/sbin/slapadd", settings, { input: people.join("\n\n"), stdio: "pipe" });
      const [plain = 0, secure = 0] = await freePorts(2);
      const urls = `ldap://127.0.0.1:${plain} ldaps://127.0.0.1:${secure}`;
      const child = spawn("/usr/sbin/slapd", ["-d", "0", "-h", urls, ...settings], { stdio: "ignore" });
      const ca = cert.split(/(?<=-----END CERTIFICATE-----\n)/)[1] ?? "";
      const slapd = new Slapd(plain, secure, ca, folder, child);
      await slapd.#answers(plain);
      return slapd;
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  async #answers(port: number): Promise<void> {
    while (this.#process.exitCode === null) {
      const socket = connect(port, "127.0.0.1");
      const open = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (open) return;
      await pause(10);
    }
    throw new Error("slapd ended at once");
  }

  /** Does something to it as its admin. */
  async change(act: (client: Client) => Promise<unknown>): Promise<void> {
    const client = new Client({ url: this.plain });
    try {
      await client.bind(admin.dn, admin.password);
      await act(client);
    } finally {
      await client.unbind();
    }
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null) {
      const gone = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await gone;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const configuration = (folder: string): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
include ${folder}/schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
TLSCertificateFile ${folder}/server-cert.pem
TLSCertificateKeyFile ${folder}/server-key.pem
database mdb
suffix ${base}
rootdn ${admin.dn}
rootpw "${admin.password}"
directory ${folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${reader.bindDn}" read by users none by anonymous none
overlay memberof
overlay ppolicy
ppolicy_default cn=policy,${base}
`;

/** Ports that nobody has at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => server.close() && once(server, "close")));
  return ports;
}
