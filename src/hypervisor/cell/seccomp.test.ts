/** Runs the filter as the kernel would; that the kernel takes it is tested where cells are (test/security). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { denied, seccompProgram } from "./seccomp.ts";

interface Call {
  readonly arch: number;
  readonly number: number;
  readonly argument: number;
  readonly second?: number;
  readonly third?: number;
  readonly fourth?: number;
}

const x64 = 0xc000003e;
const allow = 0x7fff0000;
const denial = 0x00050001;

function answer(
  program: Uint8Array,
  { arch, number, argument, second = 0, third = 0, fourth = 0 }: Call,
): number {
  const bytes = Buffer.from(program);
  const data = new Map([
    [0, number],
    [4, arch],
    [16, argument],
    [24, second],
    [32, third],
    [40, fourth],
  ]);
  let value = 0;
  for (let at = 0; at < bytes.length / 8; at++) {
    const [code, ifTrue, ifFalse, k] = [
      bytes.readUInt16LE(at * 8),
      bytes.readUInt8(at * 8 + 2),
      bytes.readUInt8(at * 8 + 3),
      bytes.readUInt32LE(at * 8 + 4),
    ];
    if (code === 0x06) return k;
    if (code === 0x20) value = data.get(k)!;
    else {
      const passes = code === 0x15 ? value === k : code === 0x35 ? value >= k : (value & k) !== 0;
      at += passes ? ifTrue : ifFalse;
    }
  }
  throw new Error("the program has no end");
}

const ask = (number: number, argument = 0) => answer(seccompProgram("x64"), { arch: x64, number, argument });

test("every call of the list is denied on both architectures", () => {
  for (const [name, [onX64, onArm]] of Object.entries(denied)) {
    assert.equal(ask(onX64), denial, name);
    if (onArm === null) continue;
    const call = { arch: 0xc00000b7, number: onArm, argument: 0 };
    assert.equal(answer(seccompProgram("arm64"), call), denial, name);
  }
});

test("any other call is allowed, whatever its first argument", () => {
  const special = new Set([...Object.values(denied).map(([number]) => number), 41, 56, 435]);
  const other = fc.integer({ min: 0, max: 450 }).filter((number) => !special.has(number));
  fc.assert(
    fc.property(other, fc.nat(), (number, argument) => {
      assert.equal(ask(number, argument), allow);
    }),
  );
});

test("a thread and a child may be made, a namespace may not", () => {
  assert.equal(ask(56, 0x003d0f00), allow);
  assert.equal(ask(56, 17), allow);
  for (let bit = 0; bit < 31; bit++) {
    const flag = 2 ** bit;
    const isNamespace = [17, 25, 26, 27, 28, 29, 30].includes(bit);
    assert.equal(ask(56, flag), isNamespace ? denial : allow, `bit ${bit}`);
  }
});

test("sockets are unix or IP", () => {
  for (const family of [1, 2, 10]) assert.equal(ask(41, family), allow, String(family));
  for (const family of [0, 3, 16, 17, 38, 40]) assert.equal(ask(41, family), 0x00050061, String(family));
});

test("another ABI's calls do not exist, another architecture's end the program", () => {
  assert.equal(ask(0x40000000 + 1), 0x00050026);
  assert.equal(ask(435), 0x00050026);
  assert.equal(answer(seccompProgram("x64"), { arch: 0x40000003, number: 1, argument: 0 }), 0x80000000);
});

test("a processor whose calls are not known is refused", () => {
  assert.throws(() => seccompProgram("mips"), { code: "api.unsupported" });
});

test("a server of files makes none that runs as somebody else, and may have a root of its own", () => {
  const program = seccompProgram("x64", { servesFiles: true });
  const asked = (number: number, more: Partial<Call> = {}) =>
    answer(program, { arch: x64, number, argument: 0, ...more });
  const [openat, fchmodat, fchmod, mknodat, openat2, unshare, chroot] = [257, 268, 91, 259, 437, 272, 161];
  assert.equal(asked(openat, { fourth: 0o644 }), allow);
  assert.equal(asked(openat, { fourth: 0o4755 }), denial);
  assert.equal(asked(fchmodat, { third: 0o755 }), allow);
  assert.equal(asked(fchmodat, { third: 0o2755 }), denial);
  assert.equal(asked(fchmod, { second: 0o6777 }), denial);
  assert.equal(asked(mknodat), denial);
  assert.equal(asked(openat2), 0x00050026, "its mode cannot be seen");
  assert.equal(asked(chroot), allow);
  assert.equal(asked(unshare, { argument: 0x200 }), allow, "CLONE_FS");
  assert.equal(asked(unshare, { argument: 0x10000000 }), denial, "CLONE_NEWUSER");
  assert.equal(ask(chroot), denial, "nobody else");
  const arm = { arch: 0xc00000b7, number: 53, argument: 0, third: 0o4755 };
  assert.equal(answer(seccompProgram("arm64", { servesFiles: true }), arm), denial);
});
