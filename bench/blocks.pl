# `blocks.pl make FILE MIB`: a file of so many MiB, all of it written.
# `blocks.pl read|write FILE COUNT`: so many blocks of 4 KiB at random places, past the page cache, one after another;
# prints how many seconds that took.
use strict;
use warnings;
use Fcntl;

# clock_gettime(2), by its number on x86-64: Time::HiRes is not in perl-base.
sub now { my $time = "\0" x 16; syscall 228, 1, $time; my ($s, $n) = unpack 'qq', $time; return $s + $n / 1e9 }

my ($what, $path, $count) = @ARGV;
my $block = 4096;
if ($what eq 'make') {
  open(my $file, '>', $path) or die $!;
  syswrite($file, 'x' x 1_048_576) or die $! for 1 .. $count;
  exec 'sync', $path;
}
# O_DIRECT of Linux on x86; it wants memory that begins at a block's multiple.
sysopen(my $file, $path, ($what eq 'read' ? O_RDONLY : O_WRONLY) | 0x4000) or die $!;
my $buffer = "\0" x (3 * $block);
my $offset = -unpack('J', pack 'p', $buffer) % $block;
my $blocks = int((-s $path) / $block);
srand 1;
my $begin = now();
for (1 .. $count) {
  sysseek $file, int(rand $blocks) * $block, 0;
  my $done = $what eq 'read' ? sysread($file, $buffer, $block, $offset) : syswrite($file, $buffer, $block, $offset);
  die $! // 'short' unless ($done // 0) == $block;
}
print now() - $begin;
