# The network card's address, set through the kernel's old ioctls: netlink would take much more code to
# run, and in a fresh fork every line costs. Numbers are from linux/sockios.h, which all of Linux shares.
use strict;
use warnings;
use Errno qw(EEXIST);

our $KERNEL;

# The interface named, or with that address, or the only one there is besides loopback.
sub find_interface {
    my ($field) = @_;
    my ($name, $mac) = (one($field, 'name'), one($field, 'mac'));
    opendir(my $folder, '/sys/class/net') or file_error();
    my @all = grep { $_ ne '.' && $_ ne '..' && $_ ne 'lo' && -e "/sys/class/net/$_/device" } readdir $folder;
    # Who booted rather than woke up as another has its new address already.
    my @mac = map { lc } grep { defined } $mac, defined $mac ? one($field, 'new_mac') : undef;
    my @found = grep {
        my $have = defined $name || !@mac ? '' : trimmed("/sys/class/net/$_/address");
        defined $name ? $_ eq $name : !@mac || grep { $_ eq $have } @mac;
    } @all;
    refuse('network', @found ? 'several interfaces' : 'no such interface') if @found != 1;
    return $found[0];
}

sub ipv4 {
    my ($text) = @_;
    my @part = split /\./, $text;
    refuse('bad_request', "$text is no IPv4 address") if @part != 4 || grep { !/^\d{1,3}$/ || $_ > 255 } @part;
    return pack('C4', @part);
}

sub has_address {
    my ($socket, $name) = @_;
    return 1 if ioctl($socket, 0x8915, my $ifreq = pack('a16a24', $name, ''));    # SIOCGIFADDR
    return grep { (split)[-1] eq $name } read_lines('/proc/net/if_inet6');
}

sub set_network {
    my ($field) = @_;
    my $name = $KERNEL ? find_interface($field) : 'none';
    my ($mac, $address, $gateway) = map { one($field, $_) } qw(new_mac address gateway);
    my $prefix = number($field, 'prefix', 32) // 24;
    my $mtu = number($field, 'mtu', 65_535);
    refuse('bad_request', "$mac is no MAC address") if defined $mac && $mac !~ /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;
    my @ip = map { defined $_ ? ipv4($_) : undef } $address, $gateway;
    return if !$KERNEL;

    socket(my $socket, 2, 2, 0) or refuse('network', "socket: $!");
    my $set = sub {
        my ($request, $what, $bytes) = @_;
        my $ifreq = pack('a16a24', $name, $bytes);
        ioctl($socket, $request, $ifreq) or refuse('network', "$what: $!");
        return substr($ifreq, 16);
    };
    my $flags = unpack('S', $set->(0x8913, 'SIOCGIFFLAGS', ''));
    my $up = number($field, 'up', 1) // 1;
    if (defined $mac) {
        # Taken down, it forgets the addresses made of its old MAC. One that has none keeps running where its
        # driver allows: down and up again is most of what a fork would spend on its network.
        my $bytes = pack('SH12', 1, $mac =~ tr/://dr);
        my $live = $flags & 1 && !has_address($socket, $name)
            && ioctl($socket, 0x8924, pack('a16a24', $name, $bytes));
        if (!$live) {
            $set->(0x8914, 'SIOCSIFFLAGS', pack('S', $flags & ~1)) if $flags & 1;
            $set->(0x8924, 'SIOCSIFHWADDR', $bytes);
            $flags &= ~1;
        }
    }
    $set->(0x8922, 'SIOCSIFMTU', pack('i', $mtu)) if $mtu;
    $set->(0x8914, 'SIOCSIFFLAGS', pack('S', $up ? $flags | 1 : $flags & ~1)) if ($flags & 1) != $up;
    if (defined $address) {
        my $mask = $prefix ? 0xffffffff << (32 - $prefix) & 0xffffffff : 0;
        $set->(0x8916, 'SIOCSIFADDR', pack('SSa4', 2, 0, $ip[0]));
        $set->(0x891c, 'SIOCSIFNETMASK', pack('SSN', 2, 0, $mask));
    }
    set_network6($field, $name);
    return if !defined $gateway;
    # struct rtentry: to anywhere (RTF_UP and RTF_GATEWAY) through the gateway
    my $route = pack('x8 SSa4x8 SSa4x8 SSa4x8 S x62', 2, 0, "\0" x 4, 2, 0, $ip[1], 2, 0, "\0" x 4, 3);
    ioctl($socket, 0x890B, $route) or $! == EEXIST or refuse('network', "SIOCADDRT: $!");
}

# A kernel without IPv6 goes without.
sub set_network6 {
    my ($field, $name) = @_;
    my ($address, $gateway) = map { my $it = one($field, $_); defined $it ? ipv6($it) : undef } qw(address6 gateway6);
    return if !defined $address;
    socket(my $socket, 10, 2, 0) or return;
    my $index = trimmed("/sys/class/net/$name/ifindex");
    # struct in6_ifreq
    my $ifreq = pack('a16 L l', $address, 64, $index);
    ioctl($socket, 0x8916, $ifreq) or $! == EEXIST or refuse('network', "SIOCSIFADDR of IPv6: $!");
    return if !defined $gateway;
    # struct in6_rtmsg: to anywhere (RTF_UP and RTF_GATEWAY) through the gateway
    my $route = pack('x16 x16 a16 L S S L x4 Q L l', $gateway, 0, 0, 0, 1024, 0, 3, $index);
    ioctl($socket, 0x890B, $route) or $! == EEXIST or refuse('network', "SIOCADDRT of IPv6: $!");
}

# Of the forms of RFC 4291 those without an IPv4 address in them.
sub ipv6 {
    my ($text) = @_;
    my ($head, $tail) = split /::/, $text, 2;
    my @head = split /:/, $head // '';
    my @tail = split /:/, $tail // '';
    my $missing = defined $tail ? 8 - @head - @tail : 0;
    my @group = (@head, (0) x ($missing > 0 ? $missing : 0), @tail);
    refuse('bad_request', "$text is no IPv6 address") if @group != 8 || grep { !/^[0-9a-fA-F]{1,4}$/ } @group;
    return pack('n8', map { hex } @group);
}

1;
