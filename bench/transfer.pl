# `transfer.pl get PORT`: takes what the first to call sends, and answers when that has ended.
# `transfer.pl send ADDRESS PORT MIB`: sends so many MiB over TCP, and prints how many seconds it took until the answer.
use strict;
use warnings;
use Socket;

# clock_gettime(2), by its number on x86-64: Time::HiRes is not in perl-base.
sub now { my $time = "\0" x 16; syscall 228, 1, $time; my ($s, $n) = unpack 'qq', $time; return $s + $n / 1e9 }

my ($what, @rest) = @ARGV;
socket(my $socket, PF_INET, SOCK_STREAM, 0) or die $!;
if ($what eq 'get') {
  setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
  bind($socket, pack_sockaddr_in($rest[0], INADDR_ANY)) or die $!;
  listen($socket, 1) or die $!;
  accept(my $peer, $socket) or die $!;
  1 while sysread($peer, my $data, 262_144);
  syswrite($peer, 'x');
  shutdown($peer, 1);
} else {
  my $to = pack_sockaddr_in($rest[1], inet_aton($rest[0]));
  for (my $tries = 0; !connect($socket, $to); $tries++) {
    die $! if $tries > 100;
    select undef, undef, undef, 0.1;
    close $socket;
    socket($socket, PF_INET, SOCK_STREAM, 0) or die $!;
  }
  my ($chunk, $left) = ('x' x 262_144, $rest[2] * 4);
  my $begin = now();
  while ($left-- > 0) {
    for (my $at = 0; $at < length $chunk;) { $at += syswrite($socket, $chunk, length($chunk) - $at, $at) // die $! }
  }
  shutdown($socket, 1);
  sysread($socket, my $answer, 1) or die 'no answer';
  printf "%.4f\n", now() - $begin;
}
