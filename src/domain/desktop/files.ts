/**
 * Files out of a desktop: what lies in its user's downloads, listed and read by Lodge's agent as that user. What the guest says of
 * them is bytes and nothing else: names are shown and never followed, and of a content no more goes on than was said.
 */
import type { Readable } from "node:stream";
import type { PassingFile } from "#contract/call";
import { LodgeError } from "#contract/errors";
import type { DesktopFile } from "#contract/schema/desktop";
import type { GuestAgent } from "#hypervisor/agent/guest-agent";

/** Milliseconds for the agent to answer. */
const timeout = 10_000;
/** Files that are listed at most, the newest, and bytes that a list of them may have. */
const mostFiles = 500;
const mostListed = 1_048_576;

/** Of an image that does not say whose it is: has whoever is signed in be the one who looks. */
const becoming = `
if (opendir my $run, '/run/user') {
    my ($id) = sort { $a <=> $b } grep { /^\\d+$/ && $_ >= 1000 } readdir $run;
    if (defined $id and my @who = getpwuid $id) {
        ($), $>, $ENV{HOME}) = ("$who[3] $who[3]", $id, $who[7]);
    }
}
`;

/** Sets $dir: the downloads, as the desktop's user has them (xdg-user-dirs), in his home. */
const finding = `
use strict; use Fcntl;
chdir $ENV{HOME};
my $dir = 'Downloads';
if (open my $dirs, '<', '.config/user-dirs.dirs') {
    while (<$dirs>) { $dir = $1 if m{^XDG_DOWNLOAD_DIR="\\$HOME/([^"]+)"} }
}
`;

/** Says of each file: "SIZE MODIFIED NAME\0". */
const listing = `${finding}
opendir my $open, $dir or exit;
my @found;
for my $name (readdir $open) {
    my @stat = lstat "$dir/$name";
    push @found, [$stat[9], "$stat[7] $stat[9] $name\\0"] if -f _;
}
@found = sort { $b->[0] <=> $a->[0] } @found;
splice @found, ${mostFiles} if @found > ${mostFiles};
print map { $_->[1] } @found;
`;

/** Says "SIZE\n" and the content; says nothing of what is no file. */
const reading = `${finding}
sysopen my $file, "$dir/$ARGV[0]", O_RDONLY | O_NOFOLLOW | O_NONBLOCK or exit 1;
exit 1 unless -f $file;
my $left = -s _;
$| = 1; print "$left\\n";
while ($left > 0 and my $count = sysread $file, my $piece, $left < 65536 ? $left : 65536) { print $piece; $left -= $count }
`;

export interface Inside {
  readonly agent: Pick<GuestAgent, "exec">;
  /** The desktop's; undefined where its image does not say. */
  readonly user: string | undefined;
}

/** The newest first. @throws LodgeError agent.unreachable, desktop.file */
export async function listFiles(inside: Inside, signal: AbortSignal): Promise<DesktopFile[]> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of await run(inside, [listing], signal)) {
    length += piece.length;
    if (length > mostListed)
      throw new LodgeError("desktop.file", { file: "a list", reason: "it is too long" });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString().split("\0").flatMap(parse).slice(0, mostFiles);
}

function parse(line: string): DesktopFile[] {
  const [, size, modified, name] = /^(\d{1,15}) (\d{1,11}) ([^/]{1,255})$/s.exec(line) ?? [];
  if (size === undefined || modified === undefined || name === undefined) return [];
  return [{ name, size: Number(size), modifiedAt: new Date(Number(modified) * 1000).toISOString() }];
}

/** Its content comes as it is read. @throws LodgeError agent.unreachable, desktop.file */
export async function readFile(inside: Inside, name: string, signal: AbortSignal): Promise<PassingFile> {
  const output = await run(inside, [reading, name], signal);
  const content = output[Symbol.asyncIterator]();
  const { size, rest } = await head(content, name);
  return { size, name, stream: ReadableStream.from<Uint8Array>(bounded(content, { rest, size, name })) };
}

async function run(
  { agent, user }: Inside,
  [script, ...args]: readonly string[],
  signal: AbortSignal,
): Promise<Readable> {
  const argv = ["/usr/bin/perl", "-e", `${user === undefined ? becoming : ""}${script}`, "--", ...args];
  const { stdin, stdout, stderr, exit } = await agent.exec(
    { argv, user: user ?? "root" },
    { signal, timeout },
  );
  // What becomes of it is told by what it says.
  exit.catch(() => undefined);
  for (const stream of [stdin, stdout, stderr]) stream.on("error", () => undefined);
  stdin.end();
  stderr.resume();
  return stdout;
}

type Pieces = AsyncIterator<Buffer>;

async function head(
  content: Pieces,
  name: string,
): Promise<{ readonly size: number; readonly rest: Buffer }> {
  let said = Buffer.alloc(0);
  while (!said.includes(10) && said.length < 32) {
    const { done, value } = await content.next();
    if (done === true) break;
    said = Buffer.concat([said, value]);
  }
  const end = said.indexOf(10);
  const [size] = /^\d{1,15}$/.exec(said.subarray(0, Math.max(0, end)).toString("latin1")) ?? [];
  if (size === undefined) {
    await content.return?.();
    throw new LodgeError("desktop.file", { file: name, reason: "there is no such file in the downloads" });
  }
  return { size: Number(size), rest: said.subarray(end + 1) };
}

/** As long as it was said to be: what is shorter fails, and what is longer is cut off. */
async function* bounded(
  content: Pieces,
  { rest, size, name }: { readonly rest: Buffer; readonly size: number; readonly name: string },
): AsyncGenerator<Uint8Array> {
  let left = size;
  try {
    for (let piece = rest; ;) {
      if (piece.length > 0) yield piece.subarray(0, left);
      left -= Math.min(left, piece.length);
      if (left === 0) return;
      const next = await content.next();
      if (next.done === true)
        throw new LodgeError("desktop.file", { file: name, reason: "it became shorter" });
      piece = next.value;
    }
  } finally {
    await content.return?.();
  }
}
