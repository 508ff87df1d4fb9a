# Plays 60 ms of a tone each second, by PulseAudio, and says "beep" as it hands each over. beeps.pl SECONDS
# Before that it says again what it is told, until that is "begin": so whoever hears of the beeps knows how late.
use strict;
use warnings;
use Fcntl;

my ($seconds) = @ARGV;
$| = 1;

while (defined(my $line = readline STDIN)) {
    last if $line eq "begin\n";
    print $line;
}

# 10 ms each, of two channels; ten waves fit. As large as samples get, so that few of them wait in the pipe.
my $silence = "\0" x (480 * 8);
my $tone = join '', map { pack('f<', 0.5 * sin(2 * 3.14159265358979 * $_ / 48)) x 2 } 0 .. 479;

open(my $player, '|-', qw(pacat --raw --format=float32le --rate=48000 --channels=2 --latency-msec=20)) or die "pacat: $!\n";
# It waits for the player as programs wait for their sound card: no more than a page, 11 ms, lies in between.
my $pipe_size = 1031;
fcntl($player, $pipe_size, 4096) or die "pipe: $!\n";
for my $piece (0 .. $seconds * 100 - 1) {
    my $place = $piece % 100;
    print "beep\n" if $place == 0;
    my $data = $place < 6 ? $tone : $silence;
    while (length $data) {
        my $written = syswrite($player, $data) // die "pacat has gone: $!\n";
        substr($data, 0, $written, '');
    }
}
