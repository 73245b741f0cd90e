#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What DNS lists cost a mail: from CONNECT to the answer to RCPT, when every
# list takes 50 ms.  All are asked at once, so eight cost what one does.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Time::HiRes qw(time);

use constant {
	DELAY_MS => 50,
	MAILS => 20,
};

my $test = "2.0.0.127 A 127.0.0.2\n";
my @zones = map { "bl$_.example" } 1 .. 8;
my $client = 0;

# Milliseconds of each of some mails, from clients that no cache knows; sorted.
sub mails {
	my ($house) = @_;
	my @took;
	for (1 .. MAILS) {
		my $mta = Bailey::Test::Mta->new($house->bailey->socket);
		$mta->do('open');
		my $began = time;
		my $reply = $mta->last('connect [x] 198.51.100.' . ++$client . ' 25', 'helo mx.client.example', 'mail <>', 'rcpt <b@example.org>');
		push @took, 1000 * (time - $began);
		die "refused: $reply\n" if $reply ne 'rcpt: continue';
	}
	@took = sort { $a <=> $b } @took;
	return @took;
}

sub measure {
	my ($name, $zones, $rules) = @_;
	my $house = Bailey::Test->new;
	$house->dns(zones => [map { "\$ORIGIN $_.\n@ SOA a b 1 1 1 1 1\n$test" } @zones],
	    rules => $rules . join '', map { "rule *.$_ * delay ${\DELAY_MS}ms\n" } @zones);
	$house->bailey('helo { mode = off } rdns { mode = off } dnsbl { silent-after = 3 ' .
	    join(' ', map { qq(zone "$_" {}) } @$zones) . ' }');
	my @took = mails($house);
	printf "%-34s median %6.1f ms   fastest %6.1f ms   slowest %7.1f ms\n", $name, $took[@took / 2], $took[0], $took[-1];
	return $took[@took / 2];
}

$| = 1;
printf "DNS lists that answer after %d ms, %d mails each\n", DELAY_MS, scalar MAILS;
measure('no list', [], '');
my $one = measure('1 list', [@zones[0 .. 0]], '');
my $eight = measure('8 lists', \@zones, '');
measure('8 lists, one dead (then silent)', \@zones, "rule *.bl1.example * drop\n");
printf "8 lists cost %.2f times what 1 costs\n", $eight / $one;
exit($eight < 2 * $one ? 0 : 1);
