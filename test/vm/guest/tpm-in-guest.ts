/**
 * What a guest does with its TPM, said in the TPM's own commands (TPM 2.0 Library, Part 3): the tiny guest has no
 * tools for it, but a perl that writes them to /dev/tpm0 and reads the answer.
 *
 *   command  = u16:tag u32:size u32:code handles [u32:size authorization] parameters
 *   response = u16:tag u32:size u32:code [u32:size] parameters
 */
import assert from "node:assert/strict";
import type { TestLodge } from "../daemon.ts";

/** TPM_ST_SESSIONS and TPM_ST_NO_SESSIONS. */
const tag = { sessions: 0x8002, plain: 0x8001 };
const code = { nvDefineSpace: 0x12a, nvWrite: 0x137, nvRead: 0x14e, pcrRead: 0x17e, pcrExtend: 0x182 };
const owner = 0x40000001;
const sha256 = 0x000b;
/** An index that is the owner's to define. */
const index = 0x01500001;
/** TPMA_NV: the owner and who knows its (empty) password may read and write it; no lockout counts. */
const attributes = 0x02060006;
/** The register that is for debugging, and that no firmware extends. */
const register = 16;

/** TPM_RC_HANDLE on the first handle: there is no such index. */
const noSuchIndex = 0x18b;

const u16 = (value: number) => value.toString(16).padStart(4, "0");
const u32 = (value: number) => value.toString(16).padStart(8, "0");
const sized = (hex: string) => u16(hex.length / 2) + hex;
/** TPM_RS_PW with an empty password. */
const authorization = `${u32(9)}${u32(0x40000009)}${sized("")}00${sized("")}`;

const perl = `
  open my $tpm, "+<", "/dev/tpm0" or die "no TPM: $!";
  chomp(my $command = <STDIN>);
  syswrite($tpm, pack "H*", $command) or die "not sent: $!";
  sysread($tpm, my $answer, 4096) or die "no answer: $!";
  print unpack "H*", $answer`;

interface Answer {
  readonly code: number;
  /** In hex, as all data here. */
  readonly parameters: string;
}

/** Whatever runs commands in guests. */
type Runs = Pick<TestLodge, "sh"> & {
  exec(guest: string, argv: readonly string[], input?: string): Promise<{ stdout: string; stderr: string }>;
};

export class TpmInGuest {
  readonly #lodge: Runs;
  readonly #guest: string;

  constructor(lodge: Runs, guest: string) {
    this.#lodge = lodge;
    this.#guest = guest;
  }

  version(): Promise<string> {
    return this.#lodge.sh(this.#guest, "cat /sys/class/tpm/tpm0/tpm_version_major");
  }

  /** Keeps these bytes in the TPM's lasting memory. */
  async keep(words: string): Promise<void> {
    const data = Buffer.from(words).toString("hex");
    const space = u32(index) + u16(sha256) + u32(attributes) + sized("") + u16(words.length);
    await this.#succeeds(code.nvDefineSpace, u32(owner), sized("") + sized(space));
    await this.#succeeds(code.nvWrite, u32(index) + u32(index), sized(data) + u16(0));
  }

  /** The bytes that keep() kept; undefined where none were. */
  async kept(length: number): Promise<string | undefined> {
    const answer = await this.#send(code.nvRead, u32(index) + u32(index), u16(length) + u16(0));
    if (answer.code === noSuchIndex) return undefined;
    assert.equal(answer.code, 0, `the TPM answered ${answer.code.toString(16)}`);
    return Buffer.from(answer.parameters.slice(4), "hex").toString().slice(0, length);
  }

  /** Mixes a measurement into a register, which forgets it at a reset alone. */
  async extend(measurement: string): Promise<void> {
    const digest = Buffer.from(measurement).toString("hex").padEnd(64, "0");
    await this.#succeeds(code.pcrExtend, u32(register), u32(1) + u16(sha256) + digest);
  }

  /** The register's value; that of one which was never extended is zeros. */
  async measured(): Promise<string> {
    const selection = u32(1) + u16(sha256) + "03" + "000001";
    const answer = await this.#send(code.pcrRead, "", selection, false);
    assert.equal(answer.code, 0);
    return answer.parameters.slice(-64);
  }

  async #succeeds(command: number, handles: string, parameters: string): Promise<void> {
    const answer = await this.#send(command, handles, parameters);
    assert.equal(answer.code, 0, `the TPM answered ${answer.code.toString(16)}`);
  }

  async #send(command: number, handles: string, parameters: string, authorized = true): Promise<Answer> {
    const rest = u32(command) + handles + (authorized ? authorization : "") + parameters;
    const head = u16(authorized ? tag.sessions : tag.plain) + u32(6 + rest.length / 2);
    const { stdout, stderr } = await this.#lodge.exec(this.#guest, ["perl", "-e", perl], `${head}${rest}\n`);
    assert.ok(stdout.length >= 20, stderr);
    return {
      code: Number.parseInt(stdout.slice(12, 20), 16),
      parameters: stdout.slice(authorized ? 28 : 20),
    };
  }
}
