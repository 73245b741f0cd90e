#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# coverage.pl SOURCE OUT: what gcov counted below the current folder, as pages
# in OUT/index.html and a table of the source's folders; 1 if one of those that
# must be well tested is not.

use v5.32;
use warnings;

use constant WANTED => 85;	# % of lines
my %must = map { $_ => 1 } qw(checks db dns milter);

my ($source, $out) = @ARGV;
mkdir $out;
my @gcovr = ('gcovr', '-r', $source, '--object-directory', '.', '--exclude', '.*/t/.*', '--exclude', '.*/build[^/]*/.*',
    '--gcov-ignore-parse-errors', '--exclude-unreachable-branches');
system(@gcovr, '--html-details', "$out/index.html", '--csv', "$out/lines.csv", '--txt', "$out/lines.txt", '.') == 0
    or die "gcovr failed\n";

my (%lines, %reached);
open my $in, '<', "$out/lines.csv" or die "$out/lines.csv: $!\n";
while (<$in>) {
	my ($file, $lines, $reached) = split /,/;
	my ($folder) = $file =~ m{^(?:\.\./)?(\w+)/} or next;
	$lines{$folder} += $lines;
	$reached{$folder} += $reached;
}
my $bad = 0;
printf "%-8s %7s %7s %6s\n", qw(folder lines reached %);
for my $folder (sort keys %lines) {
	my $percent = 100 * $reached{$folder} / $lines{$folder};
	my $low = $must{$folder} && $percent < WANTED;
	printf "%-8s %7d %7d %6.1f%s\n", $folder, $lines{$folder}, $reached{$folder}, $percent, $low ? '  too few' : '';
	$bad ||= $low;
}
exit $bad;
