#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# How long a message waits when the DNS is far away: what nobody has asked
# before, and what has been asked.  All that RCPT needs is asked at once (the
# client says HELO with its name, so nothing waits for its PTR), and so is DMARC's
# record for the sender's domain: one round trip.  The key of a signature is
# known after the answer to RCPT only: another one.
# Usage: latency.pl [RUNS], of 20 messages each

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test::Load qw(heading row verdict missed);

use constant {
	SPARE_MS => 5,
	CACHED_MS => 2,
};

my $messages = 20 * ($ARGV[0] // 3);
$| = 1;
heading('One message after the other, ms p50', qw(unasked asked p99));
for my $rtt (20, 50) {
	# Each kind of mail has clients and senders of its own.
	my $load = Bailey::Test::Load->new(clients => 2 * $messages, domains => 2 * $messages, greylist => 'mode = "off"',
	    rules => "rule * * delay ${rtt}ms\n");
	for my $trips (1, 2) {
		local $load->{unsigned} = $trips == 1;
		my @options = ($load->house->bailey, '--connections', 1, '--messages', $messages, '--first', ($trips - 1) * $messages);
		my %first = $load->run(@options);
		my %again = $load->run(@options);
		row(($trips == 1 ? 'unsigned' : 'signed') . ", DNS $rtt ms away",
		    [$first{'whole-p50-ms'}, $again{'whole-p50-ms'}, $again{'whole-p99-ms'}],
		    verdict('unasked', $first{'whole-p50-ms'}, '<=', $trips * $rtt + SPARE_MS) . '; '
			. verdict('asked', $again{'whole-p50-ms'}, '<=', CACHED_MS));
		row("    at $_", [$first{"$_-p50-ms"}, $again{"$_-p50-ms"}]) for qw(mail rcpt end);
	}
}
exit(missed() ? 1 : 0);
