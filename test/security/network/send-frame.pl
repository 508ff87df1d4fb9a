# send-frame.pl DEVICE HEX ...: sends frames as they stand (packet(7)).
use strict;
use warnings;
my ($device, @frames) = @ARGV;
my ($af_packet, $sock_raw, $eth_p_all) = (17, 3, 3);
socket(my $socket, $af_packet, $sock_raw, unpack("n", pack("S", $eth_p_all))) or die "socket: $!";
open(my $file, "-|", "ip", "-o", "link", "show", $device) or die "ip: $!";
my ($index) = split(/:/, scalar <$file>);
my $address = pack("S n i S C C a8", $af_packet, $eth_p_all, $index, 0, 0, 6, "");
for my $frame (@frames) {
  send($socket, pack("H*", $frame), 0, $address) or die "send: $!";
}
