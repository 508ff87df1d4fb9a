# `flow.pl send ADDRESS PORT`: datagrams with growing numbers, about 2000 a second, until standard input ends; then
# says how many. `flow.pl get PORT`: says how many different ones came, once standard input has ended.
use strict;
use warnings;
use Socket;
use IO::Select;

my ($what, @rest) = @ARGV;
socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die $!;
setsockopt($socket, SOL_SOCKET, SO_RCVBUF, 8388608);
$| = 1;
my $end = IO::Select->new(\*STDIN);
if ($what eq 'send') {
  my $to = pack_sockaddr_in($rest[1], inet_aton($rest[0]));
  bind($socket, pack_sockaddr_in(5001, INADDR_ANY)) or die $!;
  my $number = 0;
  print "ready\n";
  until ($end->can_read(0.0005)) { $number++ if defined send($socket, pack('N', $number), 0, $to) }
  print "$number\n";
} else {
  bind($socket, pack_sockaddr_in($rest[0], INADDR_ANY)) or die $!;
  my %seen;
  my $both = IO::Select->new($socket, \*STDIN);
  print "ready\n";
  for (my $open = 1; $open;) {
    for my $ready ($both->can_read) {
      if ($ready == $socket) { recv($socket, my $data, 16, 0); $seen{$data} = 1 }
      else { $open = 0 }
    }
  }
  while (IO::Select->new($socket)->can_read(0.2)) { recv($socket, my $data, 16, 0); $seen{$data} = 1 }
  print scalar(keys %seen), "\n";
}
