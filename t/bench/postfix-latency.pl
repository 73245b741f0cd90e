#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# How long a session with Postfix takes when the DNS is far away.  Postfix asks
# for PTR and address of the client itself: two round trips, each time, as no
# resolver with a cache stands between.  Bailey asks all that RCPT needs at once: one
# more; and for the key of a signature when the header has come: another one.
# Usage: postfix-latency.pl [RUNS], of 4 messages each

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test::Load qw(heading row verdict missed);
use Bailey::Test::Load::Network qw(enter);
use Bailey::Test::Load::Peers qw(BARE BAILEY);

use constant {
	SPARE_MS => 5,
	AGAIN => 1.1,		# of the bare Postfix
};

my $messages = 4 * ($ARGV[0] // 3);
$| = 1;
if (my $why = Bailey::Test::why_not() // Bailey::Test::Load::Network::why_not()) {
	say "postfix-latency: skipped, $why";
	exit 0;
}
enter();

for my $rtt (20, 50) {
	# Each kind of mail has clients and senders of its own.
	my $load = Bailey::Test::Load->new(own_network => 1, clients => 2 * $messages, domains => 2 * $messages,
	    greylist => 'mode = "off"', rules => "rule * * delay ${rtt}ms\n");
	my $peers = Bailey::Test::Load::Peers->new($load);
	heading("One session after the other, DNS $rtt ms away, ms p50; " . $peers->said, $peers->names);
	for my $trips (1, 2) {
		my $name = $trips == 1 ? 'unsigned' : 'signed';
		local $load->{unsigned} = $trips == 1;
		my @options = ('--connections', 1, '--messages', $messages, '--first', ($trips - 1) * $messages);
		my ($first, $again) = map { [ map { my %is = $load->run($_, @options); $is{'whole-p50-ms'} } $peers->mtas ] } 1 .. 2;
		row("$name, never asked before", $first,
		    verdict('bailey adds', $first->[BAILEY] - $first->[BARE], '<=', $trips * $rtt + SPARE_MS));
		row("$name, asked before", $again,
		    verdict('bailey to bare', $again->[BAILEY] / $again->[BARE], '<=', AGAIN));
	}
}
exit(missed() ? 1 : 0);
