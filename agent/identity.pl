# Everything that makes a forked guest its own machine, with no process started. Fields, each optional:
#   hostname, machine_id, entropy (bytes), clock (nanoseconds since 1970, at the moment of sending)
#   file     fields: path, data, mode, uid, gid          written whole, folders made as needed
#   link     fields: path, target                        a symbolic link, replaced
#   keys     fields: user, data                          lines added to the user's authorized_keys
#   network  fields: name or mac (which interface; neither: the only one), new_mac, address, prefix,
#            gateway, address6 (of 64 bits), gateway6, mtu, up (0 or 1)
#   release  PCI address of a virtio device that this machine has no use for until its next boot
# Answer: done (what was done, repeated), skipped (what this guest has not, with why).
use strict;
use warnings;
use Fcntl;
use POSIX ();

our (%SYS, $ROOT, $KERNEL);

sub serve_identity {
    my ($id, $field) = @_;
    thawed();
    my (@done, @skipped);
    my $try = sub {
        my ($what, $code) = @_;
        my $why = eval { $code->(); '' } // (ref $@ eq 'HASH' ? $@->{reason} : "$@");
        push @{ $why eq '' ? \@done : \@skipped }, $why eq '' ? $what : "$what: $why";
    };
    my @single = (
        [entropy => \&add_entropy], [clock => \&set_clock],
        [hostname => \&set_hostname], [machine_id => \&set_machine_id],
    );
    for my $kind (@single) {
        my $value = one($field, $kind->[0]);
        $try->($kind->[0], sub { $kind->[1]->($value) }) if defined $value;
    }
    $try->("release $_", sub { release_device($_) }) for @{ $field->{release} // [] };
    for my $kind (['file', \&put_file], ['link', \&put_link], ['keys', \&put_keys], ['network', \&set_network]) {
        for my $value (@{ $field->{ $kind->[0] } // [] }) {
            my $inner = parse_fields($value);
            my $which = one($inner, 'path') // one($inner, 'user') // '';
            $try->("$kind->[0] $which", sub { $kind->[1]->($inner) });
        }
    }
    return [(map { (done => $_) } @done), (map { (skipped => $_) } @skipped)];
}

# What every fork of a template will do, done once with what is there: then the code, the files and the
# folders that it needs are in memory, and no fork waits for its disk.
sub rehearse {
    eval { add_entropy(random_bytes(64)) };
    eval { set_hostname((POSIX::uname())[1]) };
    eval { set_machine_id(trimmed("$ROOT/etc/machine-id")) };
    eval { find_interface({}) };
    for my $folder (qw(/etc /etc/ssh /etc/systemd/network /var/lib/cloud/seed/nocloud /var/lib/cloud/data)) {
        my $file = "$ROOT$folder/.lodge-rehearsal";
        next if !-d "$ROOT$folder";
        eval { write_file($file, "$folder\n", 0600) };
        unlink $file;
    }
}

sub add_entropy {
    my ($bytes) = @_;
    refuse('bad_request', 'too much') if length $bytes > 4096;
    return if !$KERNEL;
    sysopen(my $random, '/dev/urandom', O_RDWR) or refuse('file', "/dev/urandom: $!");
    # RNDADDENTROPY counts it as random, RNDRESEEDCRNG makes the generator use it from now on.
    my $pool = pack('ii', 8 * length $bytes, length $bytes) . $bytes;
    ioctl($random, 0x40085203, $pool) or refuse('file', "RNDADDENTROPY: $!");
    ioctl($random, 0x5207, 0) or refuse('file', "RNDRESEEDCRNG: $!");
}

sub set_clock {
    my ($time) = @_;
    refuse('bad_request', 'not nanoseconds') if $time !~ /^\d{16,19}$/;
    my $spec = pack('q2', int($time / 1_000_000_000), $time % 1_000_000_000);
    return if !$KERNEL;
    refuse('file', "clock_settime: $!") if syscall($SYS{clock_settime}, 0, $spec) != 0;
}

sub set_hostname {
    my ($name) = @_;
    refuse('bad_request', 'not a host name') if $name !~ /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;
    if ($KERNEL) { refuse('file', "sethostname: $!") if syscall($SYS{sethostname}, $name, length $name) != 0 }
    write_file("$ROOT/etc/hostname", "$name\n", 0644);
    my $line = "127.0.1.1\t$name\n";
    my $hosts = join '', grep { substr($_, 0, 9) ne '127.0.1.1' } read_lines("$ROOT/etc/hosts");
    write_file("$ROOT/etc/hosts", $hosts . $line, 0644);
}

# systemd has it, and dbus a link to it, or in old systems a copy.
sub set_machine_id {
    my ($machine) = @_;
    refuse('bad_request', 'not 32 hexadecimal digits') if $machine !~ /^[0-9a-f]{32}$/;
    write_file("$ROOT/etc/machine-id", "$machine\n", 0444);
    my $copy = "$ROOT/var/lib/dbus/machine-id";
    write_file($copy, "$machine\n", 0444) if -f $copy && !-l $copy;
}

sub put_file {
    my ($field) = @_;
    my $file = $ROOT . path($field, 'path');
    my ($uid, $gid) = map { number($field, $_, 2**32 - 2) } 'uid', 'gid';
    make_folders($file);
    write_file($file, one($field, 'data') // '', number($field, 'mode', 07777) // 0644, $uid, $gid);
}

sub put_link {
    my ($field) = @_;
    my $file = $ROOT . path($field, 'path');
    make_folders($file);
    unlink $file;
    symlink(one($field, 'target') // '', $file) or file_error();
}

# As the user: what lies in a home is not to be trusted with root's rights.
sub put_keys {
    my ($field) = @_;
    my $user = find_user(one($field, 'user') // '');
    my $folder = "$ROOT$user->{home}/.ssh";
    make_folders($folder) if $ROOT ne '';
    local $) = "$user->{gid} $user->{gid}";
    local $> = $user->{uid};
    mkdir $folder, 0700;
    my @old = read_lines("$folder/authorized_keys");
    my %known = map { $_ => 1 } @old;
    my @new = grep { $_ ne "\n" && !$known{$_}++ } map { "$_\n" } split /\n/, one($field, 'data') // '';
    write_file("$folder/authorized_keys", join('', @old, @new), 0600);
}

# Its driver lets go of it.
sub release_device {
    my ($address) = @_;
    refuse('bad_request', 'not a PCI address') if $address !~ /^[0-9a-f]{4}(?::[0-9a-f]{2}){2}\.[0-7]$/;
    my $folder = "$ROOT/sys/bus/pci/devices/$address";
    opendir(my $entries, $folder) or return;
    for my $name (grep { /^virtio\d+$/ && -e "$folder/$_/driver" } readdir $entries) {
        open(my $unbind, '>', "$folder/$name/driver/unbind") or file_error();
        syswrite($unbind, $name) // file_error();
    }
}

# In place: a fork that dies meanwhile is thrown away, the file may be a mount, and a file system does
# much less for it than for a new file and a rename.
sub write_file {
    my ($path, $data, $mode, $uid, $gid) = @_;
    my $old = -e $path ? -s _ : undef;
    sysopen(my $file, $path, O_WRONLY | O_CREAT | O_NOFOLLOW, $mode & 0700) or file_error();
    for (my $at = 0; $at < length $data;) { $at += syswrite($file, $data, 65_536, $at) // file_error() }
    truncate($file, length $data) or file_error() if $old && $old > length $data;
    chown($uid // 0, $gid // 0, $file) or file_error() if $uid || $gid;
    chmod($mode, $file) or file_error() if $uid || $gid || !defined $old || ((stat _)[2] & 07777) != $mode;
}

sub read_lines {
    open(my $file, '<', $_[0]) or return ();
    my @line = readline $file;
    $line[-1] .= "\n" if @line && substr($line[-1], -1) ne "\n";
    return @line;
}

sub make_folders {
    my ($path) = @_;
    my $folder = substr($path, 0, rindex $path, '/');
    return if $folder eq '' || -d $folder;
    make_folders($folder);
    mkdir $folder, 0755 or file_error();
}

1;
