# The wire's numbers, and requests' fields: reading them, and refusing what makes no sense.
use strict;
use warnings;
use POSIX ();

use constant {
    VERSION => 1,
    MAGIC => "\xf5lodge\r\n\x1a\0agent\xa5",    # as a length it is far beyond MAX: never a frame's start
    MAX => 262_144,                             # bytes of payload
    WINDOW => 262_144,                          # unacked bytes per stream
    CHUNK => 32_768,                            # bytes of stream per frame
    QUEUE => 131_072,                           # bytes waiting for the port before streams pause
    CHANNELS => 64,
    STRAYS => 64,                               # forgotten pipes that are still drained
    BOOST => 0.25,                              # seconds that a new command goes before all else
    STALL => 0.25,                              # seconds before a cut frame is searched for MAGIC
};
use constant {
    HELLO => 1, PING => 2, OPEN => 3, DATA => 4, EOF => 5, ACK => 6, CONTROL => 7, CLOSE => 8, ATTACH => 9,
    WELCOME => 17, READY => 18, PONG => 19, OPENED => 20, RESULT => 21, FAIL => 22,
};

# System calls that Perl has no name for. Both are little-endian and have the same ioctl numbers.
my $ARM = (POSIX::uname())[4] eq 'aarch64';
our %SYS = $ARM
    ? (clone => 220, execve => 221, sethostname => 161, clock_settime => 112, signalfd4 => 74, sync => 81,
        statfs => 43, sched_setattr => 274, syncfs => 267)
    : (clone => 56, execve => 59, sethostname => 170, clock_settime => 227, signalfd4 => 289, sync => 162,
        statfs => 137, sched_setattr => 314, syncfs => 306);

sub fields { return pack('(C/a* N/a*)*', map { defined $_ ? $_ : '' } @_) }

# Repeated keys (arg, env, file) come as lists; every value is a list.
sub parse_fields {
    my @list = unpack('(C/a N/a)*', $_[0]);
    my %field;
    while (my ($key, $value) = splice(@list, 0, 2)) { push @{ $field{$key} }, $value }
    return \%field;
}

sub one { my ($field, $key) = @_; return $field->{$key} ? $field->{$key}[0] : undef }

# A number of at most `limit`, or undef where the field is missing.
sub number {
    my ($field, $key, $limit) = @_;
    my $value = one($field, $key);
    return undef unless defined $value;
    refuse('bad_request', "$key is not a number up to $limit") if $value !~ /^\d{1,19}$/ || $value > $limit;
    return $value + 0;
}

# A path: absolute, no NUL.
sub path {
    my ($field, $key) = @_;
    my $value = one($field, $key);
    refuse('bad_request', "$key is not an absolute path") if !defined $value || $value !~ m{^/[^\0]*$};
    return $value;
}

sub refuse { die { code => $_[0], reason => $_[1] } }

sub random_bytes {
    open(my $random, '<:raw', '/dev/urandom') or die "lodge-agent: /dev/urandom: $!\n";
    sysread($random, my $bytes, $_[0]);
    return $bytes;
}

1;
