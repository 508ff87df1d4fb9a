# The link to the host: where bytes come and go, and how a connection begins, breaks and begins again.
#
#   no port -- open_port --> open -- a host is there --> heard -- HELLO --> in step (EPOCH is set)
#   open, in step -- the host hung up --> hung up -- SIGIO and a host is there --> open
#   in step -- a frame makes no sense --> cut -- MAGIC --> in step
use strict;
use warnings;
use Errno qw(EAGAIN EINTR);
use Fcntl;

our ($PORT, $LISTENER, %option, %channel);
our %timer;            # name => [time, code]
our ($IN, $OUT, $EPOCH, $SESSION) = ('', '', '', '');
my $CUT = 0;           # the last bytes made no sense: look for MAGIC
our $HUNG_UP = 0;      # no host is connected to the port
my $BOOT = random_bytes(16);

sub emit {
    my ($type, $id, $payload) = @_;
    $OUT .= pack('NCN', length $payload, $type, $id) . $payload . $EPOCH if $EPOCH ne '';
}

sub flush_out {
    while ($PORT && !$HUNG_UP && $OUT ne '') {
        my $count = syswrite($PORT, $OUT, 32_768);
        if (!defined $count) {
            next if $! == EINTR;
            port_lost() if $! != EAGAIN;
            return;
        }
        substr($OUT, 0, $count, '');
    }
}

# Reads what is there, one port buffer (4 KiB) at a time, and handles every whole frame.
sub read_port {
    my $count = sysread($PORT, $IN, 65_536, length $IN);
    if (!defined $count) {
        port_lost() if $! != EAGAIN && $! != EINTR;
        return;
    }
    return hung_up() if $count == 0;
    read_frames();
}

sub read_frames {
    while (1) {
        if ($CUT) {
            my $at = index($IN, MAGIC);
            if ($at < 0) {
                substr($IN, 0, -length MAGIC, '') if length $IN > length MAGIC;
                return;
            }
            substr($IN, 0, $at, '');
            $CUT = 0;
        }
        my $head = substr($IN, 0, 1) eq "\xf5" ? length MAGIC : 0;
        return wait_for_rest() if length $IN < $head + 9;
        my ($length, $type, $id) = unpack('NCN', substr($IN, $head, 9));
        my $possible = $head ? substr($IN, 0, $head) eq MAGIC : $EPOCH ne '';
        if (!$possible || $length > MAX) { cut(); next }
        my $size = $head + 9 + $length + 4;
        return wait_for_rest() if length $IN < $size;
        my $payload = substr($IN, $head + 9, $length);
        my $epoch = substr($IN, $size - 4, 4);
        if ($head ? $type != HELLO : $epoch ne $EPOCH) { cut(); next }
        substr($IN, 0, $size, '');
        delete $timer{stall};
        handle($type, $id, $payload, $epoch);
        return if !$PORT;
    }
}

# The frame at the start of $IN is none: go on one byte later, at the next MAGIC.
sub cut { substr($IN, 0, 1, ''); $CUT = 1 }

# A frame's rest may never come: it may have been cut, and a HELLO taken for its rest.
sub wait_for_rest {
    return if $IN eq '';
    $timer{stall} = [now() + STALL, sub {
        my $at = index($IN, MAGIC, 1);
        return if $at < 0;
        substr($IN, 0, $at, '');
        read_frames();
    }];
}

sub handle {
    my ($type, $id, $payload, $epoch) = @_;
    my $done = eval {
        if ($type == OPEN) { open_channel($id, parse_fields($payload)) }
        elsif ($type == DATA) { take_data($id, $payload) }
        elsif ($type == ACK) { take_ack($id, $payload) }
        elsif ($type == EOF) { take_eof($id, $payload) }
        elsif ($type == CLOSE) { close_channel($id, unpack('C', $payload)) }
        elsif ($type == CONTROL) { control($id, parse_fields($payload)) }
        elsif ($type == PING) { emit(PONG, $id, substr($payload, 0, 64)) }
        elsif ($type == ATTACH) { attach($id, unpack('Q>Q>', $payload)) }
        elsif ($type == HELLO) { hello(parse_fields($payload), $epoch) }
        1;
    };
    return if $done;
    my $error = $@;
    $error = { code => 'internal', reason => "$error" } if ref $error ne 'HASH';
    emit(FAIL, $id, fields(code => $error->{code}, reason => $error->{reason}));
}

sub hello {
    my ($field, $epoch) = @_;
    my ($session, $nonce) = map { one($field, $_) // '' } 'session', 'nonce';
    return if length $session > 64 || length $nonce > 64 || $epoch eq "\0\0\0\0";
    if ($epoch ne $EPOCH) {
        if ($session ne $SESSION) { forget($_) for values %channel }
        $_->{attached} = 0 for values %channel;
        ($EPOCH, $SESSION, $OUT) = ($epoch, $session, '');
    }
    $OUT .= MAGIC;
    my @known = (channels => pack('N*', keys %channel));
    emit(WELCOME, 0, fields(nonce => $nonce, boot => $BOOT, version => VERSION, @known));
}

sub hung_up {
    # $OUT stays: a host's first words can come before the news that it is there.
    ($IN, $CUT, $HUNG_UP) = ('', 0, 1);
    delete $timer{stall};
    return port_lost() if $LISTENER;
    # Ask for a signal when a host connects: poll would report the hang-up again and again.
    fcntl($PORT, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC);
    look_for_host();
}

# A read of a hung-up port ends at once; of an open one it has data or would block.
sub look_for_host {
    my $count = sysread($PORT, $IN, 65_536, length $IN);
    return if defined $count && $count == 0;
    return port_lost() if !defined $count && $! != EAGAIN && $! != EINTR;
    fcntl($PORT, F_SETFL, O_RDWR | O_NONBLOCK);
    $HUNG_UP = 0;
    read_frames();
}

sub port_lost {
    close $PORT if $PORT;
    ($PORT, $IN, $OUT, $CUT, $HUNG_UP) = (undef, '', '', 0, 0);
    $timer{port} = [now() + 0.2, \&open_port] if !$LISTENER;
}

# The port by its name in sysfs, so that no udev is needed.
sub find_port {
    return $option{port} if defined $option{port};
    for my $name (glob '/sys/class/virtio-ports/*/name') {
        open(my $file, '<', $name) or next;
        my $line = readline $file;
        return '/dev/' . (split m{/}, $name)[4] if defined $line && $line eq "org.lodge.agent.0\n";
    }
    return undef;
}

my $port_pause = 0.05;
sub open_port {
    my $path = find_port();
    if (!defined $path || !sysopen($PORT, $path, O_RDWR | O_NONBLOCK)) {
        $PORT = undef;
        $port_pause = $port_pause < 2 ? $port_pause * 1.5 : 2;
        $timer{port} = [now() + $port_pause, \&open_port];
        return;
    }
    $port_pause = 0.05;
    fcntl($PORT, F_SETOWN, $$ + 0);    # who gets SIGIO
    say_ready();
}

sub say_ready {
    $OUT = MAGIC . pack('NCN', length $BOOT, READY, 0) . $BOOT . "\0\0\0\0";
    flush_out();
    $OUT = '';
}

sub listen_on {
    my ($path) = @_;
    require Socket;
    unlink $path;
    socket($LISTENER, Socket::AF_UNIX(), Socket::SOCK_STREAM(), 0) or die "socket: $!\n";
    bind($LISTENER, Socket::pack_sockaddr_un($path)) or die "bind $path: $!\n";
    listen($LISTENER, 4) or die "listen: $!\n";
}

sub accept_host {
    return if !accept(my $next, $LISTENER);
    port_lost() if $PORT;
    $PORT = $next;
    nonblocking($PORT);
    say_ready();
}

sub nonblocking { fcntl($_[0], F_SETFL, fcntl($_[0], F_GETFL, 0) | O_NONBLOCK) }

sub now { my ($up) = POSIX::times(); return $up / 100 }

1;
