#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What a filter adds to a Postfix, one message a session: Bailey, filters that
# do nothing, and what others put in its place.  CPU is that of all processes of
# the MTA and of the filters.
# Usage: postfix.pl [RUNS]

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test::Load qw(median column ratio heading row verdict missed);
use Bailey::Test::Load::Network qw(enter);
use Bailey::Test::Load::Peers qw(BARE BAILEY);

use constant MESSAGES => 600;

my $runs = $ARGV[0] // 3;
$| = 1;
if (my $why = Bailey::Test::why_not() // Bailey::Test::Load::Network::why_not()) {
	say "postfix: skipped, $why";
	exit 0;
}
enter();

my $load = Bailey::Test::Load->new(own_network => 1);
my $peers = Bailey::Test::Load::Peers->new($load, delay => 1, null => 1);
my @mtas = $peers->mtas;
$load->warm(@mtas);

heading("Postfix, messages of 2 KB; $runs runs in turn; " . $peers->said, $peers->names);
for my $connections (8, 64) {
	my @is = $load->in_turn($runs, \@mtas, '--messages', MESSAGES, '--connections', $connections);
	row("messages a second, $connections at once", [column(rate => @is)],
	    verdict('bailey to bare', ratio(rate => @is[BAILEY, BARE]), '>=', 0.65));
	row('    of what bare does', [map { ratio(rate => $_, $is[BARE]) } @is]);
	row('    CPU s for 1000', [column('cpu-s-per-1000' => @is)]);
	my @added = map { added($_, $is[BARE]) } @is;
	row('    of it added to bare', \@added, verdict('by bailey', $added[BAILEY], '<=', 0.5));
	row('    of it the filter\'s own', [column('own-cpu-s-per-1000' => @is)]);
	row('    whole session, ms p50', [column('whole-p50-ms' => @is)]);
	row('    ms p99', [column('whole-p99-ms' => @is)]);
}
exit(missed() ? 1 : 0);

# CPU beside the bare Postfix, run by run.
sub added { my ($with, $bare) = @_; return median(map { $with->[$_]{'cpu-s-per-1000'} - $bare->[$_]{'cpu-s-per-1000'} } 0 .. $#$with) }
