# `writes.pl FILE SECONDS`: writes a block and has it on the disk, again and again; prints for how many milliseconds it was
# held up at most.
use strict;
use warnings;
use Fcntl;
use Time::HiRes qw(time);

my ($path, $seconds) = @ARGV;
# O_DSYNC of Linux.
sysopen(my $file, $path, O_WRONLY | O_CREAT | 0x1000) or die $!;
my ($end, $last, $longest) = (time + $seconds, time, 0);
while ($last < $end) {
  sysseek $file, 0, 0;
  syswrite($file, 'x' x 4096) or die $!;
  my $now = time;
  $longest = $now - $last if $now - $last > $longest;
  $last = $now;
}
printf '%.1f', $longest * 1000;
