# Commands: started with pipes or a terminal, signalled, and reaped.
use strict;
use warnings;
use Errno qw(ENOENT);
use Fcntl;
use POSIX ();

our (%SYS, $KERNEL, $ROOT, %channel, %timer);
our $ROOT_USER;    # read once: who forks a guest waits for its first command
my %child;         # pid => channel

sub serve_exec {
    my ($id, $field) = @_;
    my $user = find_user(one($field, 'user') // 'root');
    my @arg = @{ $field->{arg} // [] };
    my $program = $arg[0];
    if (one($field, 'login')) {
        $program = $user->{shell};
        $arg[0] = '-' . substr($program, 1 + rindex $program, '/');
    }
    refuse('bad_request', 'no command') if !defined $program || $program eq '';
    my %env = (
        PATH => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME => $ROOT . $user->{home}, USER => $user->{name}, LOGNAME => $user->{name}, SHELL => $user->{shell},
    );
    for (@{ $field->{env} // [] }) { my ($key, $value) = split /=/, $_, 2; $env{$key} = $value // '' }
    my $file = find_program($program, $env{PATH});
    my $cwd = one($field, 'cwd');
    my @pairs = map { "$_=$env{$_}" } keys %env;
    my ($argv, $envp) = map { pack('p*', @$_) . pack('Q', 0) } \@arg, \@pairs;

    my $channel = { out => {}, tty => one($field, 'tty') ? 1 : 0 };
    my @ends = $channel->{tty}
        ? open_terminal($channel, $field, $user)
        : open_pipes($channel, one($field, 'stdin'));
    pipe(my $report, my $report_in) or refuse('exec', "$!");

    # A clone that stops this process until the other has called execve: no page is copied twice.
    # 0x4011: CLONE_VFORK and SIGCHLD.
    my $pid = syscall($SYS{clone}, 0x4011, 0, 0, 0, 0);
    refuse('exec', "$!") if $pid < 0;
    if ($pid == 0) {
        # Whatever goes wrong, this process must not come out of here.
        eval { become(\@ends, $channel->{tty}, $user, $cwd) && syscall($SYS{execve}, $file, $argv, $envp) };
        syswrite($report_in, pack('L', $! + 0));
        POSIX::_exit(127);
    }
    close $report_in;
    sysread($report, my $errno, 4);
    if (length $errno) {
        waitpid($pid, 0);
        $! = unpack('L', $errno);
        refuse($! == ENOENT ? 'not_found' : 'exec', "$!");
    }
    $channel->{pid} = $pid;
    $child{$pid} = $channel;
    $timer{"boost $pid"} = [now() + BOOST, sub { set_priority($pid, 0) if $child{$pid} }];
    return $channel;
}

# What a guest is asked for goes before what its own services do, above all after a fork, when they all
# wake at once: the agent at real-time priority 2, a command for its first BOOST seconds at 1. The flag 1,
# SCHED_FLAG_RESET_ON_FORK, keeps it from what they start. Priority 0 is an ordinary process.
# struct sched_attr: size, policy (2: SCHED_RR), flags, nice, priority, and zeros.
sub set_priority {
    my ($pid, $priority) = @_;
    return if !$KERNEL;
    my $attr = pack('LLQlLx24', 48, $priority ? 2 : 0, $priority ? 1 : 0, 0, $priority);
    syscall($SYS{sched_setattr}, $pid, $attr, 0);
}

# In the child: nothing here may return to the main loop.
sub become {
    my ($ends, $tty, $user, $cwd) = @_;
    set_priority(0, 1);
    if ($tty) {
        POSIX::setsid();
        sysopen(my $terminal, $ends->[0], O_RDWR) or return 0;
        POSIX::dup2(fileno $terminal, $_) for 0 .. 2;
    }
    else {
        setpgrp;    # not setsid: the kernel makes a scheduling group for each session
        POSIX::dup2(fileno $ends->[$_], $_) for 0 .. 2;
    }
    if ($user->{uid} || $user->{gid}) {
        $) = "$user->{gid} $user->{gid} @{ groups_of($user) }";
        POSIX::setgid($user->{gid});
        POSIX::setuid($user->{uid});
        if ($> != $user->{uid}) { $! = 1; return 0 }
    }
    chdir($cwd // $user->{home}) or !defined $cwd && chdir '/' or return 0;
    POSIX::sigprocmask(POSIX::SIG_SETMASK(), POSIX::SigSet->new);
    return 1;
}

sub open_pipes {
    my ($channel, $stdin) = @_;
    my @ends;
    if ($stdin) {
        pipe($ends[0], my $in) or refuse('exec', "$!");
        nonblocking($in);
        $channel->{in} = in_stream($in);
    }
    else { sysopen($ends[0], '/dev/null', O_RDONLY) }
    for my $number (1, 2) {
        pipe(my $out, $ends[$number]) or refuse('exec', "$!");
        nonblocking($out);
        $channel->{out}{$number} = out_stream($out);
    }
    return @ends;
}

sub open_terminal {
    my ($channel, $field, $user) = @_;
    sysopen(my $master, '/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK) or refuse('exec', "/dev/ptmx: $!");
    my $number = pack('i', 0);
    ioctl($master, 0x40045431, $number) or refuse('exec', "TIOCSPTLCK: $!");
    ioctl($master, 0x80045430, $number) or refuse('exec', "TIOCGPTN: $!");
    my $slave = '/dev/pts/' . unpack('i', $number);
    chown $user->{uid}, -1, $slave if $user->{uid};
    $channel->{master} = $master;
    resize($channel, $field);
    $channel->{in} = in_stream($master);
    $channel->{out}{1} = out_stream($master);
    return ($slave);
}

sub resize {
    my ($channel, $field) = @_;
    my ($rows, $cols) = (number($field, 'rows', 65_535) // 24, number($field, 'cols', 65_535) // 80);
    my $size = pack('S4', $rows, $cols, 0, 0);
    ioctl($channel->{master}, 0x5414, $size);    # TIOCSWINSZ
}

sub control {
    my ($id, $field) = @_;
    my $channel = $channel{$id} or return;
    my $signal = number($field, 'signal', 64);
    kill $signal, -$channel->{pid} if $signal && $channel->{pid} && !$channel->{exited};
    resize($channel, $field) if $channel->{tty} && $field->{rows} && !$channel->{exited};
}

sub find_program {
    my ($program, $path) = @_;
    return $program if index($program, '/') >= 0;
    for (split /:/, $path) { return "$_/$program" if -x "$_/$program" && !-d _ }
    refuse('not_found', 'No such file or directory');
}

# From /etc/passwd itself: the C library's way loads modules and may ask the network.
sub find_user {
    my ($name) = @_;
    return $ROOT_USER if $ROOT_USER && $name eq 'root';
    open(my $passwd, '<', '/etc/passwd') or refuse('no_user', "/etc/passwd: $!");
    while (my $line = readline $passwd) {
        chomp $line;
        my ($login, undef, $uid, $gid, undef, $home, $shell) = split /:/, $line;
        next if $login ne $name;
        return { name => $login, uid => $uid, gid => $gid, home => $home || '/', shell => $shell || '/bin/sh' };
    }
    refuse('no_user', "there is no user $name");
}

sub read_root_user {
    $ROOT_USER = eval { find_user('root') }
        // { name => 'root', uid => 0, gid => 0, home => '/root', shell => '/bin/sh' };
}

sub groups_of {
    my ($user) = @_;
    open(my $group, '<', '/etc/group') or return [];
    my @gid;
    while (my $line = readline $group) {
        chomp $line;
        my (undef, undef, $gid, $members) = split /:/, $line;
        push @gid, $gid if defined $members && grep { $_ eq $user->{name} } split /,/, $members;
    }
    return \@gid;
}

sub reap {
    while ((my $pid = waitpid(-1, POSIX::WNOHANG())) > 0) {
        my $status = $?;
        delete $timer{"boost $pid"};
        my $channel = delete $child{$pid};
        next if !$channel || $channel->{forgotten};
        $channel->{exited} = 1;
        close_in($channel->{in}) if $channel->{in} && !$channel->{tty};
        drain($channel);
        settle($channel, RESULT, $status & 127 ? (signal => $status & 127) : (code => $status >> 8));
    }
}

# After the exit: what is in the pipe is the command's; what a process left behind writes later is not.
sub drain {
    my ($channel) = @_;
    for my $stream (values %{ $channel->{out} }) {
        1 while read_out($channel, $stream);
        next if !$stream->{fh} || length $stream->{buf} >= WINDOW;
        stray($stream->{fh}) if !$channel->{tty};
        ($stream->{fh}, $stream->{eof}) = (undef, 1);
    }
    delete @$channel{qw(master in)} if $channel->{tty};
}

1;
