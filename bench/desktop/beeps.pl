# Plays 60 ms of a tone each second, by PulseAudio, and says "beep" as each begins. beeps.pl SECONDS
# Before that it says again what it is told, until that is "begin": so whoever hears of the beeps knows how late.
use strict;
use warnings;
use Time::HiRes qw(time sleep);

my ($seconds) = @ARGV;
$| = 1;

while (defined(my $line = readline STDIN)) {
    last if $line eq "begin\n";
    print $line;
}

# 10 ms each, of two channels; ten waves fit.
my $silence = "\0" x (480 * 4);
my $tone = join '', map { pack('s<', 16_000 * sin(2 * 3.14159265358979 * $_ / 48)) x 2 } 0 .. 479;

open(my $player, '|-', qw(pacat --raw --format=s16le --rate=48000 --channels=2 --latency-msec=20)) or die "pacat: $!\n";
my $begin = time;
for my $piece (0 .. $seconds * 100 - 1) {
    my $place = $piece % 100;
    print "beep\n" if $place == 0;
    syswrite($player, $place < 6 ? $tone : $silence);
    my $pause = $begin + ($piece + 1) / 100 - time;
    sleep($pause) if $pause > 0;
}
