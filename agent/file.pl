# Single files: read, written, looked at. Folders are copied by tar, as a command.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode);

our %SYS;

sub file_error { refuse('file', "$!") }

sub serve_read {
    my ($id, $field) = @_;
    my $path = path($field, 'path');
    sysopen(my $file, $path, O_RDONLY | O_NONBLOCK) or file_error();
    my @stat = stat $file;
    refuse('file', 'Is a directory') if S_ISDIR($stat[2]);
    my $channel = { out => { 1 => out_stream($file) }, about => [facts_of(@stat)] };
    $channel->{ended} = sub { settle($channel, RESULT) };
    $channel->{broken} = sub { settle($channel, FAIL, code => 'file', reason => $_[0]); close_out($channel) };
    return $channel;
}

sub close_out { my $stream = $_[0]{out}{1}; close $stream->{fh}; $stream->{fh} = undef; return 0 }

# Writes beside the file and renames, so that the file is the old one or the whole new one.
sub serve_write {
    my ($id, $field) = @_;
    my $path = path($field, 'path');
    my ($size, $mode, $mtime) = map { number($field, @$_) } ['size', 2**60], ['mode', 07777], ['mtime', 2**40];
    my ($uid, $gid) = map { number($field, $_, 2**32 - 2) } 'uid', 'gid';
    thawed();
    my @old = stat $path;
    refuse('file', 'Is a directory') if @old && S_ISDIR($old[2]);
    refuse('file', 'not a regular file') if @old && !S_ISREG($old[2]);
    $path = linked($path) if -l $path;
    my $part = "$path.lodge-$id";
    unlink $part;
    sysopen(my $file, $part, O_WRONLY | O_CREAT | O_EXCL, 0600) or file_error();
    my $channel = { out => {}, in => in_stream($file) };
    my $failed = sub {
        close_in($channel->{in});
        unlink $part;
        settle($channel, FAIL, code => 'file', reason => $_[0]);
        return 0;
    };
    my $free = free_bytes($part);
    if (defined $size && defined $free && $size > $free) {
        unlink $part;
        refuse('file', 'No space left on device');
    }
    my ($old_mode, $old_uid, $old_gid) = @old ? ($old[2] & 07777, @old[4, 5]) : (0644, 0, 0);
    $channel->{broken} = $failed;
    $channel->{dropped} = sub { unlink $part if $channel->{in}{fh} };
    $channel->{finish} = sub {
        # In this order: chown takes the set-uid bit away.
        chown($uid // $old_uid, $gid // $old_gid, $file) or return $failed->("$!");
        chmod($mode // $old_mode, $file) or return $failed->("$!");
        utime($mtime, $mtime, $file) if defined $mtime;
        rename($part, $path) or return $failed->("$!");
        close_in($channel->{in});
        settle($channel, RESULT, size => $channel->{in}{got});
    };
    return $channel;
}

# What a symbolic link stands for, so that writing through it leaves the link.
sub linked {
    my ($path) = @_;
    for (1 .. 40) {
        my $target = readlink $path;
        return $path if !defined $target;
        $path = substr($target, 0, 1) eq '/' ? $target : substr($path, 0, 1 + rindex $path, '/') . $target;
    }
    refuse('file', 'Too many levels of symbolic links');
}

sub free_bytes {
    my ($path) = @_;
    my $buffer = "\0" x 120;
    return undef if syscall($SYS{statfs}, $path, $buffer) != 0;
    my (undef, $block, undef, undef, $available) = unpack('q5', $buffer);
    return $block * $available;
}

sub serve_stat {
    my ($id, $field) = @_;
    my $path = path($field, 'path');
    my @stat = one($field, 'link') ? lstat $path : stat $path;
    file_error() if !@stat;
    return [facts_of(@stat), S_ISLNK($stat[2]) ? (target => readlink $path) : ()];
}

sub facts_of {
    my @stat = @_;
    my %type = (
        S_IFREG, 'file', S_IFDIR, 'directory', S_IFLNK, 'link', S_IFCHR, 'device', S_IFBLK, 'device',
        S_IFIFO, 'pipe', S_IFSOCK, 'socket',
    );
    return (
        type => $type{ S_IFMT($stat[2]) } // 'file', mode => S_IMODE($stat[2]), uid => $stat[4], gid => $stat[5],
        size => $stat[7], mtime => $stat[9],
    );
}

1;
