# Channels: what a request has opened, with its streams. A channel is
#   { id, in => stream 0, out => { 1 => stream, 2 => stream }, result, pid, … }
#   in-stream:  fh, buf (to be written), got (bytes received), told (bytes acked), eof
#   out-stream: fh, buf (bytes from `base` on), base (acked by the host), sent, eof, eof_sent
use strict;
use warnings;
use Errno qw(EAGAIN EINTR);

our $OUT;
our %channel;     # id => channel
our @stray;       # handles that are read and thrown away, so that their writers live on
my $turn = 0;     # counts what was sent, so that the channel which waits longest goes first

my %service = (
    exec => \&serve_exec, read => \&serve_read, write => \&serve_write, stat => \&serve_stat,
    connect => \&serve_connect, identity => \&serve_identity, facts => \&serve_facts,
    freeze => \&serve_freeze, thaw => \&serve_thaw, quiesce => \&serve_quiesce, shutdown => \&serve_shutdown,
);

sub open_channel {
    my ($id, $field) = @_;
    return attach($id, 0, 0) if $channel{$id};
    my $serve = $service{ one($field, 'do') // '' } or refuse('unsupported', 'this agent cannot do that');
    refuse('busy', 'too many commands and copies at once') if keys %channel >= CHANNELS;
    my $answer = $serve->($id, $field);
    return emit(RESULT, $id, fields(@$answer)) if ref $answer eq 'ARRAY';
    $channel{$id} = $answer;
    @$answer{qw(id turn)} = ($id, 0);
    attach($id, 0, 0);
}

sub in_stream { return { fh => $_[0], buf => '', got => 0, told => 0, eof => 0 } }
sub out_stream { return { fh => $_[0], buf => '', base => 0, sent => 0, eof => 0, eof_sent => 0 } }

# The host says how much of each stream it has: go on from there.
sub attach {
    my ($id, @have) = @_;
    my $channel = $channel{$id} or refuse('no_channel', 'the agent has no such channel');
    for my $number (keys %{ $channel->{out} }) {
        my $stream = $channel->{out}{$number};
        my $have = $have[$number - 1] // 0;
        refuse('lost', 'output before that offset is gone')
            if $have < $stream->{base} || $have > $stream->{base} + length $stream->{buf};
        acked($stream, $have);
        ($stream->{sent}, $stream->{eof_sent}) = ($have, 0);
    }
    ($channel->{attached}, $channel->{told}) = (1, 0);
    my @in = $channel->{in} ? (stdin => $channel->{in}{got}) : ();
    my @out = (streams => join '', keys %{ $channel->{out} });
    emit(OPENED, $id, fields(pid => $channel->{pid} // 0, @in, @out, @{ $channel->{about} // [] }));
    pump($channel);
}

sub acked {
    my ($stream, $offset) = @_;
    substr($stream->{buf}, 0, $offset - $stream->{base}, '');
    $stream->{base} = $offset;
}

sub stream_frame {
    my ($id, $payload) = @_;
    my $channel = $channel{$id} or return;
    my ($number, $offset) = unpack('CQ>', $payload);
    return ($channel, $number, $offset);
}

sub take_data {
    my ($channel, $number, $offset) = stream_frame(@_) or return;
    my $stream = $channel->{in} or return;
    my $bytes = substr($_[1], 9);
    my $known = $stream->{got} - $offset;
    refuse('bad_request', 'a gap in the stream') if $known < 0;
    return if $known >= length $bytes;
    substr($bytes, 0, $known, '') if $known;
    refuse('bad_request', 'more than the window') if length($stream->{buf}) + length($bytes) > WINDOW;
    $stream->{got} += length $bytes;
    if (!$stream->{closed}) {
        $stream->{buf} .= $bytes;
        write_in($channel);
    }
    pump($channel);
}

sub take_eof {
    my ($channel, $number, $offset) = stream_frame(@_) or return;
    my $stream = $channel->{in} or return;
    refuse('bad_request', 'a gap in the stream') if $offset != $stream->{got};
    return if $stream->{ended}++;
    $stream->{eof} = 1;
    write_in($channel);
    pump($channel);
}

sub take_ack {
    my ($channel, $number, $offset) = stream_frame(@_) or return;
    my $stream = $channel->{out}{$number} or return;
    return if $offset <= $stream->{base};
    refuse('bad_request', 'an ack of what was not sent') if $offset > $stream->{sent};
    acked($stream, $offset);
    drain($channel) if $channel->{exited};
    pump($channel);
}

# Passes buffered input on; at its end closes the handle, or lets the service finish.
sub write_in {
    my ($channel) = @_;
    my $stream = $channel->{in};
    while ($stream->{fh} && $stream->{buf} ne '') {
        my $count = syswrite($stream->{fh}, $stream->{buf}, 65_536);
        if (!defined $count) {
            return if $! == EAGAIN || $! == EINTR;
            return $channel->{broken}->("$!", $stream) if $channel->{broken};
            close_in($stream);    # the process reads no more: what else comes is thrown away
            return;
        }
        substr($stream->{buf}, 0, $count, '');
    }
    return if !$stream->{eof} || !$stream->{fh};
    return $channel->{finish}->() if $channel->{finish};
    # A terminal has no half-close: its end of file is a character.
    return close_in($stream) if !$channel->{tty};
    ($stream->{eof}, $stream->{buf}) = (0, "\x04");
    write_in($channel);
}

sub close_in {
    my ($stream) = @_;
    close $stream->{fh} if $stream->{fh};
    @$stream{qw(fh buf closed)} = (undef, '', 1);
}

sub read_out {
    my ($channel, $stream) = @_;
    my $room = WINDOW - length $stream->{buf};
    return 0 if $room <= 0 || !$stream->{fh};
    my $count = sysread($stream->{fh}, $stream->{buf}, $room < 65_536 ? $room : 65_536, length $stream->{buf});
    if (!defined $count) {
        return 0 if $! == EAGAIN || $! == EINTR;
        return $channel->{broken}->("$!", $stream) if $channel->{broken};
        $count = 0;    # EIO: the last one closed the terminal
    }
    return $count if $count;
    end_out($channel, $stream);
    return 0;
}

sub end_out {
    my ($channel, $stream) = @_;
    close $stream->{fh};
    ($stream->{fh}, $stream->{eof}) = (undef, 1);
    $channel->{ended}->() if $channel->{ended};
}

# Says what the host does not know yet, as far as the queue to the port has room.
sub pump {
    my ($channel) = @_;
    return if !$channel->{attached};
    my $id = $channel->{id};
    if (my $stream = $channel->{in}) {
        my $passed = $stream->{got} - length $stream->{buf};
        if ($passed - $stream->{told} >= WINDOW / 4) {
            emit(ACK, $id, pack('CQ>', 0, $passed));
            $stream->{told} = $passed;
        }
    }
    for my $number (1, 2) {
        my $stream = $channel->{out}{$number} or next;
        my $end = $stream->{base} + length $stream->{buf};
        while ($stream->{sent} < $end) {
            return if length $OUT >= QUEUE;
            my $bytes = substr($stream->{buf}, $stream->{sent} - $stream->{base}, CHUNK);
            emit(DATA, $id, pack('CQ>', $number, $stream->{sent}) . $bytes);
            $stream->{sent} += length $bytes;
            $channel->{turn} = ++$turn;
        }
        next if !$stream->{eof} || $stream->{eof_sent};
        emit(EOF, $id, pack('CQ>', $number, $end));
        $stream->{eof_sent} = 1;
    }
    return if !$channel->{result} || $channel->{told};
    emit($channel->{result}[0], $id, $channel->{result}[1]);
    $channel->{told} = 1;
}

sub pump_all {
    pump($_) for sort { $a->{turn} <=> $b->{turn} } values %channel;
}

sub settle {
    my ($channel, $type, @field) = @_;
    $channel->{result} = [$type, fields(@field)];
    pump($channel);
}

sub close_channel {
    my ($id, $signal) = @_;
    my $channel = $channel{$id} or return;
    kill $signal, -$channel->{pid} if $signal && $signal < 65 && $channel->{pid} && !$channel->{exited};
    forget($channel);
}

sub forget {
    my ($channel) = @_;
    delete $channel{ $channel->{id} };
    $channel->{dropped}->() if $channel->{dropped};
    close_in($channel->{in}) if $channel->{in} && !$channel->{tty};
    for my $stream (values %{ $channel->{out} }) { stray($stream->{fh}) if $stream->{fh} && $channel->{pid} }
    # Its closures hold it, too; and its process may yet report its end.
    %$channel = (pid => $channel->{pid}, forgotten => 1);
}

# Who still writes there must not be stopped by a full or broken pipe.
sub stray {
    push @stray, $_[0];
    close shift @stray if @stray > STRAYS;
}

sub drain_strays {
    my ($bits) = @_;
    @stray = grep {
        !vec($bits, fileno $_, 1) || do {
            my $count = sysread($_, my $waste, 65_536);
            defined $count ? $count : $! == EAGAIN || $! == EINTR;
        }
    } @stray;
}

1;
