# What the guest says of itself, out of /proc and /sys: no process is started for it.
use strict;
use warnings;
use Fcntl;
use POSIX ();

our %SYS;

sub serve_facts {
    my @fact;
    my @name = POSIX::uname();
    push @fact, hostname => $name[1], kernel => $name[2], machine => $name[4], agent => VERSION;
    for my $line (read_lines('/etc/os-release')) {
        chomp $line;
        my ($key, $value) = split /=/, $line, 2;
        push @fact, "os.$key" => $value =~ tr/"'//dr if $key =~ /^(ID|VERSION_ID|PRETTY_NAME)$/;
    }
    push @fact, time => time;
    push @fact, uptime => (split ' ', trimmed('/proc/uptime'))[0];
    push @fact, load => (split ' ', trimmed('/proc/loadavg'))[0];
    push @fact, boot_id => trimmed('/proc/sys/kernel/random/boot_id');
    push @fact, machine_id => trimmed('/etc/machine-id');
    for my $line (read_lines('/proc/meminfo')) {
        my ($key, $kib) = split ' ', $line;
        push @fact, lc(substr($key, 0, -1)) => $kib * 1024 if $key eq 'MemTotal:' || $key eq 'MemAvailable:';
        last if $key eq 'MemAvailable:';
    }
    return [@fact, interfaces(), disks()];
}

sub trimmed { my $line = (read_lines($_[0]))[0] // ''; chomp $line; return $line }

sub interfaces {
    my %address;
    socket(my $socket, 2, 2, 0) or return ();
    my $buffer = "\0" x (40 * 64);
    my $conf = pack('ix4P', length $buffer, $buffer);
    if (ioctl($socket, 0x8912, $conf)) {    # SIOCGIFCONF
        for my $at (0 .. unpack('i', $conf) / 40 - 1) {
            my ($name, undef, undef, @ip) = unpack('Z16SSC4', substr($buffer, 40 * $at, 40));
            my $ifreq = pack('a16x24', $name);
            my $prefix = ioctl($socket, 0x891b, $ifreq) ? unpack('%32b*', substr($ifreq, 20, 4)) : 32;
            push @{ $address{ (split /:/, $name)[0] } }, join('.', @ip) . "/$prefix";
        }
    }
    for my $line (read_lines('/proc/net/if_inet6')) {
        my ($hex, undef, $prefix, undef, undef, $name) = split ' ', $line;
        push @{ $address{$name} }, join(':', unpack('(a4)8', $hex)) . '/' . hex $prefix;
    }
    opendir(my $folder, '/sys/class/net') or return ();
    my @names = grep { substr($_, 0, 1) ne '.' } readdir $folder;
    return map { (interface => interface($_, $address{$_} // [])) } @names;
}

sub interface {
    my ($name, $addresses) = @_;
    my $about = "/sys/class/net/$name";
    my @address = map { (address => $_) } @$addresses;
    return fields(name => $name, mac => trimmed("$about/address"), state => trimmed("$about/operstate"), @address);
}

# Mounted file systems that lie on a block device, each device once.
sub mounts {
    my %seen;
    my @mount;
    for my $line (read_lines('/proc/self/mountinfo')) {
        my ($left, $right) = split / - /, $line, 2;
        my (undef, undef, $device, undef, $point, $flags) = split ' ', $left;
        my ($type) = split ' ', $right;
        next if substr($device, 0, 2) eq '0:' && $type ne 'btrfs' || $seen{$device}++;
        $point =~ s/\\(\d{3})/chr oct $1/ge;    # a blank is written \040
        push @mount, { device => $device, point => $point, type => $type, rw => $flags =~ /^rw/ ? 1 : 0 };
    }
    return @mount;
}

sub disks { return map { (disk => disk($_)) } mounts() }

sub disk {
    my ($mount) = @_;
    my ($point, $buffer) = ($mount->{point}, "\0" x 120);
    my ($block, $total, $available) = (0, 0, 0);
    (undef, $block, $total, undef, $available) = unpack('q5', $buffer) if syscall($SYS{statfs}, $point, $buffer) == 0;
    my ($parent, $name) = (split m{/}, readlink("/sys/dev/block/$mount->{device}") // '')[-2, -1];
    my $partition = trimmed("/sys/dev/block/$mount->{device}/partition");
    return fields(
        path => $point, type => $mount->{type}, rw => $mount->{rw}, device => '/dev/' . ($name // ''),
        size => $block * $total, free => $block * $available,
        $partition ne '' ? (whole => "/dev/$parent", partition => $partition) : ());
}

1;
