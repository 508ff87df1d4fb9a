# Connections to what listens in this guest.
#
#   open ── the host ends its input: shut down that way ──┐
#    └───── the server has no more to say: EOF ───────────┴──► both: RESULT
#    └───── the connection breaks: FAIL
use strict;
use warnings;
use Errno qw(EINPROGRESS ETIMEDOUT);

use constant BACKLOG_WAIT => 0.25;    # seconds in which nothing else is served

# Of this guest itself alone, by what it calls itself in IPv4 or IPv6: a struct sockaddr_in, or sockaddr_in6.
my @LOOPBACK = (
    [2, sub { pack('S n C4 x8', 2, $_[0], 127, 0, 0, 1) }],
    [10, sub { pack('S n N x15 C N', 10, $_[0], 0, 1, 0) }],
);

sub serve_connect {
    my ($id, $field) = @_;
    my $port = number($field, 'port', 65_535) or refuse('bad_request', 'no port');
    my $from = reach_port($port);
    # Each direction ends by itself, so each has a handle of its own.
    open(my $to, '>&', $from) or refuse('port', "$!");
    nonblocking($to);
    my $channel = { in => in_stream($to), out => { 1 => out_stream($from) } };
    my $settled = sub { settle($channel, RESULT) if !$channel->{in}{fh} && $channel->{out}{1}{eof} };
    $channel->{finish} = sub {
        shutdown($to, 1);
        close_in($channel->{in});
        $settled->();
    };
    $channel->{ended} = $settled;
    $channel->{broken} = sub {
        my ($reason, $stream) = @_;
        close_in($channel->{in});
        # That it takes no more is told by how what it says ends.
        return $settled->() if $stream != $channel->{out}{1};
        close_out($channel);
        settle($channel, FAIL, code => 'broken', reason => $reason);
        return 0;
    };
    return $channel;
}

sub reach_port {
    my ($port) = @_;
    my $reason;
    for my $loopback (@LOOPBACK) {
        my ($family, $address) = @$loopback;
        if (!socket(my $socket, $family, 1, 0)) { $reason //= "$!" }
        else {
            nonblocking($socket);
            return $socket if connect($socket, $address->($port)) || $! == EINPROGRESS && connected($socket);
            $reason //= "$!";
        }
    }
    refuse('port', $reason);
}

# Within this guest that is told at once, but for a server that is behind with taking connections.
sub connected {
    my ($socket) = @_;
    my $ready = '';
    vec($ready, fileno $socket, 1) = 1;
    my $error = select(undef, $ready, undef, BACKLOG_WAIT) > 0 ? getsockopt($socket, 1, 4) : undef;    # SO_ERROR
    $! = defined $error ? unpack('i', $error) : ETIMEDOUT;
    return $! == 0;
}

1;
