#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The addresses of the envelope, as the daemon judges them: both families,
# with the codes each result is refused or deferred with.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Test::More;

my $soa = "@ SOA ns hostmaster 1 3600 600 86400 60\n";
my $house = Bailey::Test->new;
$house->dns(
	zones => [map { "\$ORIGIN $_->[0].example.\n$soa$_->[1]\n" }
		['good', "@ MX 10 mx\nmx A 192.0.2.1"],
		['six', "@ MX 10 mx\nmx AAAA 2001:db8::1"],
		['plain', '@ A 192.0.2.1'],
		['null', '@ MX 0 .'],
		['empty', '@ TXT "nothing here"'],
		['loop', "@ MX 10 mx\nmx A 127.0.0.1\nmx AAAA ::1"],
		['private', "@ MX 10 mx\nmx A 10.0.0.1"],
		['us', "@ MX 10 mx\nmx A 198.51.100.25"],
		['broken', '@ MX 10 mx'],
	],
	rules => "rule broken.example MX rcode SERVFAIL\n",
);

# Of all results but pass: this action.
sub conf {
	my ($action) = @_;
	my %results = (sender => [qw(syntax not-fqdn unresolvable null-mx bogus-mx temperror)], recipient => [qw(syntax not-fqdn)]);
	return join "\n", 'rdns { mode = off } helo { mode = off } local-addresses = { "198.51.100.25" }', map {
		"$_ { " . join(' ', map { "$_ = $action" } @{ $results{$_} }) . ' }'
	} sort keys %results;
}

my @cases = (
	['<a@good.example>', '', ''], ['<a@six.example>', '', ''], ['<a@plain.example>', '', ''], ['<>', '', ''],
	["<\\xc3\\xa4\@good.example> SMTPUTF8", '', ''],
	['a@good.example', '501 5.1.7', '450 4.1.7'], ['<@x.example:a@good.example>', '501 5.1.7', '450 4.1.7'],
	["<\\xc3\\xa4\@good.example>", '501 5.1.7', '450 4.1.7'],
	['<a@web3>', '504 5.1.8', '450 4.1.8'],
	['<a@nowhere.example>', '550 5.1.8', '450 4.1.8'], ['<a@empty.example>', '550 5.1.8', '450 4.1.8'],
	['<a@null.example>', '550 5.7.27', '450 4.7.27'],
	['<a@loop.example>', '550 5.1.8', '450 4.1.8'], ['<a@private.example>', '550 5.1.8', '450 4.1.8'],
	['<a@us.example>', '550 5.1.8', '450 4.1.8'],
	['<a@broken.example>', '550 5.7.1', '451 4.1.8'],
);
my @recipients = (
	['<b@example.org>', '', ''], ['<postmaster>', '', ''],
	['b@example.org', '501 5.1.3', '450 4.1.3'], ['<b@web3>', '504 5.1.3', '450 4.1.3'],
);

for my $action (qw(reject tempfail)) {
	my $daemon = $house->bailey;
	if ($daemon) { $daemon->reload(conf($action)) } else { $daemon = $house->bailey(conf($action)) }
	my $column = $action eq 'reject' ? 1 : 2;
	for my $client ('192.0.2.10', '2001:db8::10') {
		for my $case (map { ["mail $_->[0]", 'rcpt <b@example.org>', $_->[$column]] } @cases) {
			answers($daemon, $client, $action, @$case);
		}
		answers($daemon, $client, $action, 'mail <a@good.example>', "rcpt $_->[0]", $_->[$column]) for @recipients;
	}
}
$house->bailey->reload('rdns { mode = off } helo { mode = off }');
answers($house->bailey, '192.0.2.10', 'default', "mail $_", 'rcpt <b@example.org>', $_ =~ /null/ ? '550 5.7.27' : '')
    for map { $_->[0] } @cases;

sub answers {
	my ($daemon, $client, $action, $mail, $rcpt, $code) = @_;
	my $reply = Bailey::Test::Mta->new($daemon->socket)->last('open', "connect [x] $client 25", 'helo mx.example', $mail, $rcpt);
	like($reply, $code eq '' ? qr/^rcpt: continue$/ : qr/^rcpt: \Q$code\E /, "$client, $action: $mail, $rcpt");
	return;
}

done_testing;
