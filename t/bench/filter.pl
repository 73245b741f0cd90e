#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What the whole filter costs, beside one that does nothing on the same
# libmilter, and opendkim where it is installed.  Runs alternate, and medians are shown;
# compare ratios, as the machine may have other work.
# Usage: filter.pl [RUNS]

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test::Load qw(median column ratio heading row verdict missed);
use Bailey::Test::Opendkim;

use constant {
	BODY_LARGE => 2 << 20,
	IDLE => 5000,
	SLOW => 1000,
};

my $runs = $ARGV[0] // 3;
$| = 1;

my $load = Bailey::Test::Load->new;
my $bailey = $load->house->bailey;

my @peers = ($load->null_filter, $load->null_filter('quiet'), $bailey);
my @names = ('null', 'null-quiet', 'bailey');
if (!Bailey::Test::Opendkim::why_not()) {
	push @peers, $load->opendkim;
	push @names, 'opendkim';
}
$load->warm($bailey);

heading("Messages of 2 KB, RSA-2048, every check on, caches warm; $runs runs in turn", @names);
for my $connections (1, 8, 64) {
	my @is = $load->in_turn($runs, \@peers, '--messages', $connections == 1 ? 1000 : 3000, '--connections', $connections);
	my $ratio = ratio(rate => $is[2], $is[0]);
	row("messages a second, $connections at once", [column(rate => @is)],
	    $connections > 1 ? verdict('ratio', $ratio, '>=', 0.8) : sprintf 'ratio %.2f', $ratio);
	row('    CPU s for 1000', [column('cpu-s-per-1000' => @is)],
	    verdict('bailey', column('cpu-s-per-1000' => $is[2]), '<=', 0.6));
	row("    $_->[0]", [column($_->[1] => @is)]) for ['whole message, ms p50', 'whole-p50-ms'], ['ms p99', 'whole-p99-ms'],
	    ['MAIL, ms p50', 'mail-p50-ms'], ['RCPT, ms p50', 'rcpt-p50-ms'], ['end of message, ms p50', 'end-p50-ms'];
	row('    memory, MB', [map { $_ / 1024 } column('peak-kb' => @is)],
	    $connections == 64 ? verdict('bailey', (column('peak-kb' => $is[2]))[0] / 1024, '<=', 40) : ());
}

heading('Messages of 2 MB', @names);
my @is = $load->in_turn($runs, \@peers, '--messages', 150, '--connections', 8, '--size', BODY_LARGE);
row('messages a second, 8 at once', [column(rate => @is)], verdict('ratio', ratio(rate => $is[2], $is[0]), '>=', 0.5));
row('    CPU s for 1000', [column('cpu-s-per-1000' => @is)]);
row('    memory, MB', [map { $_ / 1024 } column('peak-kb' => @is)]);

heading('Many at once', 'bailey');
my %is = $load->run($bailey, '--idle', IDLE, '--messages', 200);
row(IDLE . ' idle sessions, KB for each', [$is{'idle-kb-each'}], verdict('growth', $is{'idle-kb-each'}, '<=', 3));
row('    and 200 messages, ms p50', [$is{'whole-p50-ms'}]);
%is = $load->run($bailey, '--connections', SLOW, '--messages', 2 * SLOW, '--slow', 100);
row(SLOW . ' slow sessions, messages accepted', [$is{accepted}], verdict('all', $is{accepted}, '>=', 2 * SLOW));
row('    memory, MB', [$is{'peak-kb'} / 1024]);
exit(missed() ? 1 : 0);
