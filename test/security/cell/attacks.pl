#!/usr/bin/perl
# What a program tries that has taken QEMU over: each attack by its name, and what came of it, a line each. It runs
# in a guest's cell, and once outside as root, where what is marked by control() has to work: else it proves nothing.
#
# The first lines, with what there is to be got at, are put before these when it is run: %target and $inside.
use strict;
use warnings;
use Fcntl;
use POSIX ();
use Socket;

$| = 1;
my %call = (
    ptrace => 101, syslog => 103, setuid => 105, setgid => 106, setgroups => 116, capset => 126, mknod => 133,
    pivot_root => 155, prctl => 157, chroot => 161, settimeofday => 164, mount => 165, umount2 => 166,
    swapon => 167, reboot => 169, sethostname => 170, init_module => 175, delete_module => 176, shmget => 29,
    kexec_load => 246, add_key => 248, keyctl => 250, ioprio_set => 251, unshare => 272, perf_event_open => 298,
    open_by_handle_at => 304, name_to_handle_at => 303, setns => 308, process_vm_readv => 310,
    finit_module => 313, bpf => 321, userfaultfd => 323, io_uring_setup => 425, pidfd_open => 434,
    pidfd_getfd => 438, clone3 => 435, clone => 56, socket => 41, sched_setscheduler => 144, setpriority => 141,
    mlock => 149, move_pages => 279, open_tree => 428, fsopen => 430, landlock => 444, quotactl => 179,
    iopl => 172, ioperm => 173, acct => 163, fanotify_init => 300, kcmp => 312, setrlimit => 160,
    process_madvise => 440, mbind => 237, mq_open => 240, shmat => 30, msgget => 68, semget => 64,
);

# A call that gives -1 has failed; anything else is what the attacker wanted.
sub calls { my ($name, @args) = @_; return syscall($call{$name}, @args) != -1 }
sub reads {
    my ($path, $bytes) = @_;
    sysopen(my $file, $path, O_RDONLY | O_NONBLOCK) or return 0;
    my $got = sysread($file, my $data, $bytes // 16);
    return defined $got && $got > 0;
}
# Does it see anything there but what is its own?
sub lists {
    my ($path) = @_;
    opendir(my $folder, $path) or return 0;
    my @foreign = grep { !/^\.\.?$/ && !/^gattacker$/ } readdir $folder;
    $! = 0;
    return @foreign > 0;
}
# Tries to make a file, which does not stay.
sub makes { my ($path) = @_; my $done = writes($path, O_CREAT); my $error = $! + 0; unlink $path; $! = $error; return $done }
sub writes { my ($path, $flags) = @_; return defined sysopen(my $file, $path, O_WRONLY | ($flags // 0), 0600) }
sub connects {
    my ($path) = @_;
    socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or return 0;
    return connect($socket, pack_sockaddr_un($path));
}
sub reaches {
    my ($address, $port) = @_;
    socket(my $socket, AF_INET, SOCK_STREAM, 0) or return 0;
    fcntl($socket, F_SETFL, O_NONBLOCK);
    return 1 if connect($socket, pack_sockaddr_in($port, inet_aton($address)));
    return 0 unless $!{EINPROGRESS};
    vec(my $ready = '', fileno $socket, 1) = 1;
    select(undef, $ready, undef, 2) or do { $! = POSIX::ETIMEDOUT; return 0 };
    my $error = unpack 'i', getsockopt($socket, SOL_SOCKET, SO_ERROR);
    $! = $error;
    return $error == 0;
}
sub socket_of { my ($family, $type, $protocol) = @_; return calls('socket', $family, $type, $protocol) }
# In a child of its own: what it makes of itself does not stay for the attacks that follow.
sub apart {
    my ($work) = @_;
    pipe(my $read, my $write) or return 0;
    my $child = fork() // return 0;
    if (!$child) {
        my $done = $work->();
        my $error = $! + 0;
        syswrite($write, pack 'ii', $done ? 1 : 0, $error);
        POSIX::_exit(0);
    }
    close $write;
    my $got = sysread($read, my $data, 8);
    waitpid($child, 0);
    if (($got // 0) != 8) { $! = POSIX::EPERM; return 0 }
    my ($done, $error) = unpack 'ii', $data;
    $! = $error;
    return $done;
}

# Outside, so that the host keeps its mounts: a namespace of its own, of which nothing spreads.
sub in_own_mounts { return $inside || calls('unshare', 0x20000) && calls('mount', 'none', '/', '', 0x44000, '') }

my @attacks;
sub attack { push @attacks, [@_] }

# --- files ---
attack 'read the store' => sub { reads($target{store}) };
attack 'read the key of secrets' => sub { reads($target{key}) };
attack "read a neighbour's disk" => sub { reads($target{disk}) };
attack "read a neighbour's disk as its cell sees it" => sub { reads($target{seen}) };
attack "read a neighbour's seed" => sub { reads($target{seed}) };
attack "read a neighbour's serial console" => sub { reads($target{serial}) };
attack "list the guests of the host" => sub { lists($target{guests}) };
attack "list a neighbour's folder of sockets" => sub { lists($target{run}) };
attack 'see more layers than its own' => sub {
    opendir(my $folder, $target{layers}) or return 0;
    my @foreign = grep { !/^\.\.?$/ && $_ ne $target{ownName} && $_ ne $target{baseName} } readdir $folder;
    $! = 0;
    return @foreign > 0;
};
attack 'read the passwords of the host' => sub { reads('/etc/shadow') };
attack 'read the users of the host' => sub { reads('/etc/passwd') };
attack "list root's home" => sub { opendir(my $folder, '/root') };
attack 'read a disk of the host' => sub { reads($target{device}) };
attack 'climb out by ..' => sub { reads('/../../../../' . $target{store}) };
attack "climb out by a descriptor's folder" => sub {
    for my $fd (3 .. 30) { return 1 if lists("/proc/self/fd/$fd/..") }
    return 0;
};
attack "climb out by another process's root" => sub { reads("/proc/$target{daemon}/root/etc/passwd") };
attack "climb out by its parent's root" => sub { reads('/proc/' . getppid() . '/root/etc/passwd') };
attack 'follow a link of its own to the host' => sub {
    symlink($target{store}, "$target{ownRun}/link") or return 0;
    my $got = reads("$target{ownRun}/link");
    my $error = $! + 0;
    unlink "$target{ownRun}/link";
    $! = $error;
    return $got;
};
attack "open a file by its handle" => sub {
    my $handle = pack('Ii', 128, 0) . "\0" x 128;
    my $mount = pack 'i', 0;
    sysopen(my $root, '/', O_RDONLY) or return 0;
    return 0 unless calls('name_to_handle_at', -100, '/', $handle, $mount, 0);
    return calls('open_by_handle_at', fileno $root, $handle, 0);
};
attack 'write a file into its root' => sub { makes('/lodge-attack') };
attack 'fill the folder of its sockets' => sub { makes("$target{ownRun}/new") };
attack 'write to a library' => sub { writes($target{library}) };
attack 'write to QEMU itself' => sub { writes($target{program}) || $!{ETXTBSY} };
attack 'write to the layer below its disk' => sub { writes($target{base}) };
attack 'make the layer below its disk writable' => sub { chmod 0666, $target{base} };
attack "put a file beside its disk" => sub { makes("$target{layers}/new") };
attack "take its disk's name away" => sub {
    my $done = rename $target{own}, "$target{own}.gone";
    my $error = $! + 0;
    rename "$target{own}.gone", $target{own} if $done;
    $! = $error;
    return $done;
};
attack 'give its disk away' => sub { apart(sub { chown 0, 0, $target{own} }) };
attack 'read a descriptor for reading alone back for writing' => sub { writes('/proc/self/fd/' . $target{readFd}) };
attack "write to a template's memory" => sub {
    open(my $ram, '+<&', $target{ramFd}) or return 0;
    sysseek $ram, 0, 0;
    return defined syswrite $ram, 'x';
};
attack "make a template's memory shorter" => sub { open(my $ram, '+<&', $target{ramFd}) or return 0; truncate $ram, 0 };
attack 'read its environment for secrets' => sub { $! = 0; grep { !/^(PATH|LC_ALL|PWD|_|SHLVL|OLDPWD)$/ } keys %ENV };
attack 'inherit more than it was given' => sub {
    opendir(my $folder, '/proc/self/fd') or return 0;
    my $own = fileno $folder;
    my %given = map { $_ => 1 } 0, 1, 2, $target{readFd}, $target{ramFd}, $target{scriptFd} // -1;
    # The script's own, and the folder's.
    my @more = grep { /^\d+$/ && !$given{$_} && $_ != $own && readlink("/proc/self/fd/$_") ne $0 } readdir $folder;
    $! = 0;
    return @more > 0;
};

# --- processes ---
attack "signal a neighbour" => sub { kill 0, $target{pid} };
attack 'signal the daemon' => sub { kill 0, $target{daemon} };
# PTRACE_SEIZE, which ends with its tracer.
attack "trace a neighbour" => sub { apart(sub { calls('ptrace', 0x4206, $target{pid}, 0, 0) }) };
attack "read a neighbour's memory" => sub {
    my $buffer = "\0" x 8;
    my $vector = pack 'JJ', unpack('J', pack 'p', $buffer), 8;
    # Of what is nowhere: whoever may read gets EFAULT.
    my $there = pack 'JJ', 0, 8;
    return syscall($call{process_vm_readv}, $target{pid}, $vector, 1, $there, 1, 0) != -1 || $!{EFAULT};
};
attack "open a neighbour's memory" => sub { sysopen(my $file, "/proc/$target{pid}/mem", O_RDONLY) };
attack "move a neighbour's pages" => sub { calls('move_pages', $target{pid}, 0, 0, 0, 0, 0) };
attack "get hold of a neighbour" => sub { calls('pidfd_open', $target{pid}, 0) };
attack 'take a descriptor from another process' => sub {
    my $process = syscall($call{pidfd_open}, $inside ? $$ : $target{pid}, 0);
    return 0 if $process < 0;
    return calls('pidfd_getfd', $process, 0, 0);
};
attack 'see processes of the host' => sub {
    opendir(my $folder, '/proc') or return 0;
    my $seen = grep { /^\d+$/ } readdir $folder;
    $! = 0;
    return $seen > 3;
};
attack 'compare what processes have open' => sub { calls('kcmp', $$, $$, 0, 0, 1) };
attack "enter a neighbour's namespaces" => sub {
    sysopen(my $file, "/proc/$target{pid}/ns/net", O_RDONLY) or return 0;
    return 1 unless $inside;
    return calls('setns', fileno $file, 0);
};
attack 'enter a namespace at all' => sub { sysopen(my $file, '/proc/self/ns/uts', O_RDONLY) or return 0; calls('setns', fileno $file, 0) };
attack 'attach to shared memory of the host' => sub { calls('shmget', $target{shm}, 0, 0) };
attack 'go before other processes' => sub { apart(sub { calls('setpriority', 0, 0, -20) }) };
attack 'run in real time' => sub { apart(sub { my $param = pack 'i', 1; calls('sched_setscheduler', 0, 1, $param) }) };
attack 'go before others at disks' => sub { apart(sub { calls('ioprio_set', 1, 0, 1 << 13) }) };
attack 'raise its own limits' => sub { apart(sub { my $limit = pack 'JJ', 4096, 4096; calls('setrlimit', 4, $limit) }) };

# --- rights ---
attack 'become root' => sub { apart(sub { calls('setuid', 0) }) };
attack 'become a group of root' => sub { apart(sub { calls('setgid', 0) }) };
attack 'join other groups' => sub { apart(sub { my $groups = pack 'i', 0; calls('setgroups', 1, $groups) }) };
attack 'become another guest' => sub { apart(sub { calls('setuid', $target{uid}) }) };
attack 'have capabilities' => sub {
    open(my $status, '<', '/proc/self/status') or return 0;
    my ($text) = join '', <$status>;
    $! = 0;
    return $text =~ /^Cap(?:Inh|Prm|Eff|Bnd|Amb):\s*0*[1-9a-f]/m;
};
attack 'gain rights by a program' => sub { my $got = syscall($call{prctl}, 39, 0, 0, 0, 0); $! = 0; return $got != 1 };
attack 'run a shell' => sub { -x '/bin/sh' || -x '/usr/bin/sh' };
attack "run a program that is root's" => sub { -u '/usr/bin/su' || -u '/bin/su' || -u '/usr/bin/passwd' };
attack 'make a namespace of users' => sub { apart(sub { calls('unshare', 0x10000000) }) };
attack 'make a namespace of mounts' => sub { apart(sub { calls('unshare', 0x00020000) }) };
attack 'make a process in a namespace of users' => sub { my $pid = syscall($call{clone}, 0x10000000 | 17, 0, 0, 0, 0); POSIX::_exit(0) if $pid == 0; waitpid $pid, 0 if $pid > 0; return $pid > 0 };
attack 'mount a file system' => sub { apart(sub { in_own_mounts() or return 0; calls('mount', 'none', '/proc', 'tmpfs', 0, 0) }) };
attack 'mount a file system by the new calls' => sub { calls('fsopen', 'tmpfs', 0) };
attack 'take a tree of mounts' => sub { calls('open_tree', -100, '/', 1) };
attack 'unmount what hides the host' => sub { apart(sub { in_own_mounts() or return 0; calls('umount2', '/proc', 2) }) };
attack 'change its root' => sub { apart(sub { calls('chroot', '/proc') }) };
attack 'swap its root' => sub { calls('pivot_root', '/', '/proc') || $!{EBUSY} || $!{EINVAL} };
attack 'make a device' => sub { my $path = "$target{ownRun}/device"; my $done = calls('mknod', $path, 0020666, (1 << 8) | 5); unlink $path; return $done };

# --- the kernel ---
attack "read the kernel's log" => sub { my $text = "\0" x 64; calls('syslog', 3, $text, 64) };
attack 'load a module' => sub { calls('init_module', '', 0, '') || $!{ENOEXEC} };
attack 'load a module from a file' => sub { calls('finit_module', 0, '', 0) || $!{ENOEXEC} || $!{EINVAL} || $!{EACCES} };
attack 'load another kernel' => sub { calls('kexec_load', 0, 0, 0, 1 << 30) || $!{EINVAL} || $!{EBUSY} };
attack 'switch the host off' => sub { calls('reboot', 0, 0, 0, 0) || $!{EINVAL} };
attack 'set the clock' => sub { my $zone = pack 'ii', 0, 0; calls('settimeofday', 0, 0) };
attack 'rename the host' => sub { my $name = POSIX::uname(); apart(sub { $inside || calls('unshare', 0x04000000) or return 0; calls('sethostname', 'x', 1) }) };
attack 'swap to a file of its own' => sub { calls('swapon', $target{own}, 0) || $!{EINVAL} };
attack 'run a program in the kernel' => sub { my $none = "\0" x 64; calls('bpf', 0, $none, 64) || $!{EINVAL} };
attack 'count events of the processors' => sub { my $none = pack('II', 1, 64) . "\0" x 56; calls('perf_event_open', $none, 0, -1, -1, 0) };
attack 'handle page faults itself' => sub { calls('userfaultfd', 1) };
attack 'give work to the kernel by a ring' => sub { my $parameters = "\0" x 120; calls('io_uring_setup', 4, $parameters) };
attack 'keep keys in the kernel' => sub { calls('add_key', 'user', 'lodge', 'x', 1, -1) };
attack "look into the kernel's keys" => sub { calls('keyctl', 0, -3, 0) };
attack 'watch files of the host' => sub { calls('fanotify_init', 0, 0) };
attack 'reach ports of the processor' => sub { calls('iopl', 3) };
attack 'account for processes' => sub { calls('acct', 0) };
attack 'change a setting of the kernel' => sub { writes('/proc/sys/kernel/core_pattern') };
attack 'press a magic key' => sub { writes('/proc/sysrq-trigger') };
attack "read the kernel's memory" => sub { reads('/proc/kcore') };
attack 'see the devices of the host' => sub { lists('/sys/devices') };
attack 'see control groups' => sub { lists('/sys/fs/cgroup') };
attack 'open KVM without having been given it' => sub { sysopen(my $file, '/dev/kvm', O_RDWR) };
attack 'make a network device' => sub { sysopen(my $file, '/dev/net/tun', O_RDWR) };
attack 'open a loop device' => sub { sysopen(my $file, '/dev/loop-control', O_RDWR) };
attack 'open FUSE' => sub { sysopen(my $file, '/dev/fuse', O_RDWR) };

# --- networks and sockets ---
attack "reach a server on the host's loopback" => sub { reaches('127.0.0.1', $target{port}) };
attack "reach a server on the host's address" => sub { reaches($target{address}, $target{port}) };
attack "connect to a neighbour's monitor" => sub { connects($target{monitor}) };
attack "connect to the daemon" => sub { connects($target{socket}) };
attack "connect to an abstract socket of the host" => sub { connects("\0" . $target{abstract}) };
attack 'see the network devices of the host' => sub {
    open(my $file, '<', '/proc/net/dev') or return 0;
    my @devices = grep { /:/ && !/^\s*lo:/ } <$file>;
    $! = 0;
    return @devices > 0;
};
attack 'send raw packets' => sub { socket_of(2, 3, 255) };
attack 'see frames' => sub { socket_of(17, 3, 0x0300) };
attack 'change routes and rules' => sub { socket_of(16, 3, 0) };
attack 'reach the host by vsock' => sub { socket_of(40, 1, 0) };
attack "use the kernel's cryptography" => sub { socket_of(38, 5, 0) };

# --- exhaustion ---
attack 'open files without end' => sub {
    my (@files, $file);
    while (@files < 20_000 && open($file, '<', '/dev/null')) { push @files, $file; undef $file }
    my $count = @files;
    @files = ();
    return $count >= ($inside ? 4096 : 1000);
};
attack 'fill the disk of the host' => sub {
    apart(sub {
        $SIG{XFSZ} = 'IGNORE';
        sysopen(my $file, $target{own}, O_RDWR) or return 0;
        my $size = -s $file;
        sysseek $file, 1 << 42, 0;
        my $done = syswrite $file, 'x';
        my $error = $! + 0;
        truncate $file, $size;
        $! = $error;
        return $done;
    });
};
attack 'take all memory' => sub { my $size = 3 << 29; apart(sub { my $memory = 'x' x $size; return length $memory == $size }) };
attack 'lock memory' => sub { apart(sub { my $memory = 'x' x (1 << 20); calls('mlock', $memory, 1 << 20) }) };
attack 'leave a core behind' => sub { require POSIX; my $limit = pack 'JJ', 0, 0; my $got = syscall(97, 4, $limit); $! = 0; return (unpack 'JJ', $limit)[1] != 0 };
attack 'fill queues of messages' => sub { my $attributes = pack 'JJJJ', 0, 4, 64, 0; my $name = 'lodge-attack'; calls('mq_open', $name, O_CREAT | O_RDWR, 0600, $attributes) && syscall(241, $name) == 0 };
attack 'start processes without end' => sub {
    return 1 unless $inside;
    pipe(my $read, my $write);
    my @children;
    while (@children < 3000) {
        my $child = fork();
        last unless defined $child;
        if (!$child) { close $write; sysread $read, my $none, 1; POSIX::_exit(0) }
        push @children, $child;
    }
    my $error = $! + 0;
    close $write;
    waitpid $_, 0 for @children;
    $! = $error;
    return @children >= 1024;
};

for (@attacks) {
    my ($name, $work) = @$_;
    $! = 0;
    my $got = eval { $work->() };
    my $error = "$!" || ($@ =~ /(.*)/)[0] || 'there is nothing of it';
    print join("\t", $got ? 'got' : 'refused', $name, $error), "\n";
}
print "end\t\t\n";
