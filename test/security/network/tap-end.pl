# The other end of a tap, as QEMU has it: opens the device NAME, sends each line of hexadecimal digits that it
# reads as one frame, and prints each frame that it gets as such a line. Ends with its standard input.
use strict;
use warnings;
use Fcntl;
use IO::Select;

my ($name) = @ARGV;
use constant { TUNSETIFF => 0x400454ca, IFF_TAP => 2, IFF_NO_PI => 0x1000 };
sysopen(my $tap, '/dev/net/tun', O_RDWR) or die "/dev/net/tun: $!\n";
ioctl($tap, TUNSETIFF, pack('Z16 s x22', $name, IFF_TAP | IFF_NO_PI)) or die "$name: $!\n";
binmode $tap;
$| = 1;
print "ready\n";

my $input = '';
my $select = IO::Select->new($tap, \*STDIN);
while (1) {
  for my $ready ($select->can_read) {
    if ($ready == $tap) {
      my $size = sysread($tap, my $frame, 65535);
      print unpack('H*', $frame), "\n" if $size;
      next;
    }
    sysread(STDIN, $input, 262144, length $input) or exit 0;
    while ($input =~ s/^([0-9a-f]*)\n//) {
      my $frame = pack('H*', $1);
      # The kernel refuses what is no frame; that is its answer.
      print "refused\n" unless defined syswrite($tap, $frame);
    }
  }
}
