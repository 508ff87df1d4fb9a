# Bringing the guest to rest: file systems frozen and thawed, caches dropped, the machine shut down.
use strict;
use warnings;
use Errno qw(EBUSY EOPNOTSUPP);
use Fcntl;
use POSIX ();

our (%SYS, $KERNEL, %timer);
my @frozen;    # handles of frozen file systems, which also thaw them

sub thawed { refuse('frozen', 'the file systems are frozen') if @frozen }

# Freezes every writable file system on a block device, at most for `seconds`, so that a host which
# dies cannot leave the guest frozen. The last mounted is frozen first.
sub serve_freeze {
    my ($id, $field) = @_;
    my $seconds = number($field, 'seconds', 600) // 30;
    if (!@frozen && $KERNEL) {
        my @open;
        for my $mount (reverse grep { $_->{rw} } mounts()) {
            sysopen(my $folder, $mount->{point}, O_RDONLY | O_DIRECTORY) or next;
            push @open, [$mount, $folder];
        }
        # Writers stand still from the freeze on, while what is not on the disk yet is written: little, right after this.
        syscall($SYS{syncfs}, fileno $_->[1]) for @open;
        for (@open) {
            my ($mount, $folder) = @$_;
            if (ioctl($folder, 0xC0045877, 0)) { push @frozen, $folder; next }
            next if $! == EOPNOTSUPP || $! == EBUSY;
            my $why = "$mount->{point}: $!";
            thaw();
            refuse('freeze', $why);
        }
    }
    $timer{thaw} = [now() + $seconds, \&thaw];
    return [frozen => scalar @frozen];
}

sub thaw {
    my $count = 0;
    for (reverse @frozen) { $count++ if ioctl($_, 0xC0045878, 0) }
    @frozen = ();
    delete $timer{thaw};
    return $count;
}

sub serve_thaw { return [thawed => thaw()] }

# Before a template is parked: what can be written is on disk, and memory holds little that the disk has.
sub serve_quiesce {
    thawed();
    return [] if !$KERNEL;
    syscall($SYS{sync});
    sysopen(my $file, '/proc/sys/vm/drop_caches', O_WRONLY) or file_error();
    syswrite($file, "3\n") or file_error();
    rehearse();
    syscall($SYS{sync});
    return [];
}

sub serve_shutdown {
    my ($id, $field) = @_;
    my $mode = one($field, 'mode') // 'poweroff';
    refuse('bad_request', 'mode is poweroff or reboot') if $mode ne 'poweroff' && $mode ne 'reboot';
    return [] if !$KERNEL;
    my @command = -d '/run/systemd/system' ? ('systemctl', '--no-block', $mode) : ('busybox', $mode, '-f');
    defined(my $pid = fork) or refuse('exec', "$!");
    return [] if $pid;
    $ENV{PATH} = '/usr/sbin:/usr/bin:/sbin:/bin';
    eval {
        POSIX::setsid();
        POSIX::sigprocmask(POSIX::SIG_SETMASK(), POSIX::SigSet->new);
        exec { $command[0] } @command;
    };
    POSIX::_exit(127);
}

1;
