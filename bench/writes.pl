# `writes.pl FILE SECONDS`: writes a block and has it on the disk, again and again; prints for how many milliseconds it was
# held up at most.
use strict;
use warnings;
use Fcntl;

# clock_gettime(2), by its number on x86-64: Time::HiRes is not in perl-base.
sub now { my $time = "\0" x 16; syscall 228, 1, $time; my ($s, $n) = unpack 'qq', $time; return $s + $n / 1e9 }

my ($path, $seconds) = @ARGV;
# O_DSYNC of Linux.
sysopen(my $file, $path, O_WRONLY | O_CREAT | 0x1000) or die $!;
my ($end, $last, $longest) = (now() + $seconds, now(), 0);
while ($last < $end) {
  sysseek $file, 0, 0;
  syswrite($file, 'x' x 4096) or die $!;
  my $now = now();
  $longest = $now - $last if $now - $last > $longest;
  $last = $now;
}
printf '%.1f', $longest * 1000;
