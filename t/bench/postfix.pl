#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What Bailey adds to a Postfix, one message a session; beside it the filter
# that does nothing, and postgrey with opendkim.  CPU is that of all processes of the MTA
# and of the filter.
# Usage: postfix.pl [RUNS]

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test::Load qw(median column ratio heading row verdict missed);
use Bailey::Test::Load::Mta;
use Bailey::Test::Opendkim;

use constant MESSAGES => 1000;

my $runs = $ARGV[0] // 3;
$| = 1;
if (my $why = Bailey::Test::why_not()) {
	say "postfix: skipped, $why";
	exit 0;
}

my $load = Bailey::Test::Load->new;
my $bailey = $load->house->bailey;
my $null = $load->null_filter;
my @peers = map { Bailey::Test::Load::Mta->new($load->house->folder . "/mta-$_->[0]", @$_[1 .. $#$_]) }
    [ 'bare' ], [ 'null', [$null] ], [ 'bailey', [$bailey] ];
my @names = qw(bare null bailey);
if (!Bailey::Test::Opendkim::why_not() && -x '/usr/sbin/postgrey') {
	my $postgrey = $load->postgrey;
	push @peers, Bailey::Test::Load::Mta->new($load->house->folder . "/mta-chain", [$load->opendkim], [$postgrey],
	    smtpd_recipient_restrictions => 'reject_unauth_destination, check_policy_service ' . $postgrey->socket);
	push @names, 'chain';
}
$load->warm($_) for @peers;

heading("Postfix, messages of 2 KB; $runs runs in turn; chain: postgrey and opendkim", @names);
for my $connections (8, 64) {
	my @is = $load->in_turn($runs, \@peers, '--messages', MESSAGES, '--connections', $connections);
	row("messages a second, $connections at once", [column(rate => @is)],
	    verdict('bailey to bare', ratio(rate => @is[2, 0]), '>=', 0.65));
	row('    CPU s for 1000', [column('cpu-s-per-1000' => @is)]);
	my @added = map { added($_, $is[0]) } @is;
	row('    of it added to bare', \@added, verdict('by bailey', $added[2], '<=', 0.5));
	row('    whole session, ms p50', [column('whole-p50-ms' => @is)]);
	row('    ms p99', [column('whole-p99-ms' => @is)]);
}

# Postfix has asked for PTR and address itself, so the resolver knows them.
for my $rtt (20, 50) {
	my $far = Bailey::Test::Load->new(clients => 40, domains => 40, greylist => 'mode = "off"',
	    rules => "rule *.arpa * delay 0ms\nrule *.load.example A delay 0ms\nrule * * delay ${rtt}ms\n");
	my ($bare, $with) = map { Bailey::Test::Load::Mta->new($far->house->folder . "/mta-$_->[0]", @$_[1 .. $#$_]) }
	    [ 'bare' ], [ 'bailey', [$far->house->bailey] ];
	my @options = ('--messages', 40, '--connections', 1);
	my @p50 = map { my %is = $far->run($_, @options); $is{'whole-p50-ms'} } $bare, $with, $bare, $with;
	heading("One session after the other, DNS $rtt ms away, ms p50", qw(bare bailey));
	row('never asked before', [@p50[0, 1]], verdict('bailey adds', $p50[1] - $p50[0], '<=', 2 * $rtt + 5));
	# Here Postfix does not ask for the client; where it does that is two round trips.
	my $own = 2 * $rtt;
	row('asked before, with ' . $own . ' of its own', [map { $_ + $own } @p50[2, 3]],
	    verdict('ratio', ($p50[3] + $own) / ($p50[2] + $own), '<=', 1.1));
}
exit(missed() ? 1 : 0);

# CPU beside the bare Postfix, run by run.
sub added { my ($with, $bare) = @_; return median(map { $with->[$_]{'cpu-s-per-1000'} - $bare->[$_]{'cpu-s-per-1000'} } 0 .. $#$with) }
