#!/usr/bin/perl
# Runs in a guest of the checker's from its start. Appends records to its disk, one in each block of 4096 bytes: the number, the
# nonce of the record before, its own nonce, which start of the kernel it is of. It says so by the serial port only once
# the disk has it for good (O_SYNC). `writer.pl dump` prints what is on the disk.
#
# What it knows of the past is what it reads from the disk when it begins: two of a guest at once write two records of one
# number. The nonce is the host's entropy, so that they differ even where both have the same memory.
use strict;
use Fcntl;

my $block = 4096;
my $form = qr/^rec (\d+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) end\n/;

sub at {
  my ($disk, $seq) = @_;
  sysseek($disk, $seq * $block, 0) // return undef;
  my $bytes;
  return undef unless (sysread($disk, $bytes, $block) // 0) == $block;
  return $bytes =~ $form ? [$1, $2, $3, $4] : undef;
}

sub first_line {
  open(my $file, '<', $_[0]) or die "$_[0]: $!";
  my $line = <$file>;
  chomp $line;
  return $line;
}

# The device of the host's entropy; its readers wait until there is some.
sub nonce {
  for my $path ('/dev/hwrng', '/dev/urandom') {
    my $bytes;
    open(my $file, '<:raw', $path) or next;
    return unpack('H*', $bytes) if (sysread($file, $bytes, 8) // 0) == 8;
  }
  die 'no entropy';
}

sub open_disk {
  for (;;) {
    return $_[0] if sysopen($_[0], '/dev/vda', O_RDWR | O_SYNC);
    select undef, undef, undef, 0.2;
  }
}

my $disk = open_disk(my $handle);
my ($seq, $prev) = (0, '0');
while (my $found = at($disk, $seq)) {
  print "@$found\n" if @ARGV;
  $prev = $found->[2];
  $seq++;
}
exit 0 if @ARGV;

my $boot = first_line('/proc/sys/kernel/random/boot_id');
$boot =~ tr/-//d;
open(my $port, '>', '/dev/ttyS0') or die "ttyS0: $!";
for (;;) {
  my $nonce = nonce();
  my $record = "rec $seq $prev $nonce $boot end\n";
  sysseek($disk, $seq * $block, 0);
  my $written = syswrite($disk, $record . ("\0" x ($block - length $record)));
  # What failed may be on the disk or not: whoever reads it next finds out. This one tries the same again.
  if (!defined $written || $written != $block) {
    syswrite($port, "\nwriter: record $seq: $!\n");
    select undef, undef, undef, 1;
    next;
  }
  syswrite($port, "\n$record");
  ($seq, $prev) = ($seq + 1, $nonce);
  select undef, undef, undef, 0.2;
}
