# Shows moving pictures in a window of the X server at :0, as its protocol has it: a guest has perl-base alone.
# motion.pl FILE WIDTH HEIGHT STEP FRAMES RATE: FILE has rows of pixels (32 bits); each frame is so many rows further on.
# Says "begin" and "end" as it does; frames that come late are shown late, none is left out.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time sleep);

my ($path, $width, $height, $step, $frames, $rate) = @ARGV;
$| = 1;

# Its address, its number and the kind of key lie before each key, all with their lengths.
sub key {
    open(my $file, '<:raw', $ENV{XAUTHORITY}) or die "$ENV{XAUTHORITY}: $!\n";
    my $data = do { local $/; readline $file };
    while (length $data) {
        my (undef, $address, $number, $name, $key) = unpack('n n/a n/a n/a n/a', $data);
        return $key if $name eq 'MIT-MAGIC-COOKIE-1';
        substr($data, 0, 10 + length($address) + length($number) + length($name) + length($key), '');
    }
    die "no key to the X server\n";
}

socket(my $x, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
connect($x, pack_sockaddr_un('/tmp/.X11-unix/X0')) or die "no X server: $!\n";

sub put {
    my ($data) = @_;
    for (my $at = 0; $at < length $data;) {
        $at += syswrite($x, $data, length($data) - $at, $at) // die "the X server has gone\n";
    }
}

sub take {
    my ($count) = @_;
    my $data = '';
    while (length $data < $count) {
        sysread($x, $data, $count - length $data, length $data) or die "the X server has gone\n";
    }
    return $data;
}

# Answers and errors come among events; all have 32 bytes, and answers may have more.
sub answer {
    while (1) {
        my $head = take(32);
        my $kind = ord $head;
        die 'the X server refused: ' . unpack('H*', $head) . "\n" if $kind == 0;
        next if $kind > 1;
        take(4 * unpack('V', substr($head, 4, 4)));
        return;
    }
}

my ($kind, $key) = ('MIT-MAGIC-COOKIE-1', key());
put(pack('a x v v v v x2 a20 a16', 'l', 11, 0, length $kind, length $key, $kind, $key));
my ($taken, $size) = unpack('C x5 v', take(8));
my $about = take(4 * $size);
die "the X server lets nobody in\n" if $taken != 1;
my ($base, $vendor, $formats) = (unpack('V', substr($about, 4, 4)), unpack('v', substr($about, 16, 2)), ord substr($about, 21, 1));
my $screen = substr($about, 32 + ($vendor + 3 & ~3) + 8 * $formats);
my ($root, $depth) = (unpack('V', $screen), ord substr($screen, 38, 1));
my ($window, $gc) = ($base + 1, $base + 2);

# CreateWindow, which no window manager has a say in; MapWindow; CreateGC.
put(pack('C C v V V v v v v v v V V V', 1, 0, 9, $window, $root, 320, 180, $width, $height, 0, 1, 0, 0x200, 1));
put(pack('C x v V', 8, 2, $window));
put(pack('C x v V V V', 55, 4, $gc, $window, 0));

open(my $file, '<:raw', $path) or die "$path: $!\n";
my $all = do { local $/; readline $file };
my ($row, $total) = (4 * $width, length($all) / (4 * $width));
# A request has at most 65535 times four bytes.
my $strip = int(65_000 * 4 / $row);

print "begin\n";
my $begin = time;
for my $frame (0 .. $frames - 1) {
    my $from = $frame * $step % ($total - $height + 1);
    for (my $y = 0; $y < $height; $y += $strip) {
        my $rows = $height - $y < $strip ? $height - $y : $strip;
        put(pack('C C v V V v v s s C C x2', 72, 2, 6 + $rows * $width, $window, $gc, $width, $rows, 0, $y, 0, $depth));
        put(substr($all, ($from + $y) * $row, $rows * $row));
    }
    # GetInputFocus: its answer comes when all of that is drawn.
    put(pack('C x v', 43, 1));
    answer();
    my $pause = $begin + ($frame + 1) / $rate - time;
    sleep($pause) if $pause > 0;
}
print "end\n";
# The window stays until whoever watches has seen enough.
readline STDIN;
