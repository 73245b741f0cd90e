#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# DNS lists as the daemon uses them: what is asked, what counts, what is told,
# and what happens to lists that are ill.  Both address families.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use Socket qw(AF_INET6 inet_pton);
use Test::More;

my $key = 'abcdef0123456789abcdef0123';
my $test_v6 = reversed('::ffff:7f00:2');

# The question's name in front of a zone.
sub reversed {
	my ($address) = @_;
	return join '.', reverse split /\./, $address if $address !~ /:/;
	return join '.', reverse split //, unpack 'H*', inet_pton(AF_INET6, $address);
}

# A list that passes its test, with these addresses or names => answers.
sub list {
	my ($zone, %lists) = @_;
	my $text = "\$ORIGIN $zone.\n\$TTL 1\n@ SOA a b 1 1 1 1 1\n2.0.0.127 A 127.0.0.2\n$test_v6 A 127.0.0.2\n"
	    . "test A 127.0.0.2\n";
	for my $entry (sort keys %lists) {
		my $name = $entry =~ /^[0-9.]+$|:/ ? reversed($entry) : $entry;
		$text .= "$name $_\n"
		    for map { /^[\d.]+$/ ? "A $_" : 'TXT "' . s/"/\\"/gr . '"' } @{ $lists{$entry} };
	}
	return $text;
}

# One client's mail up to RCPT: the reply.
sub rcpt {
	my ($house, $address, %is) = @_;
	my $mta = Bailey::Test::Mta->new($house->bailey->socket);
	my $reply = $mta->last($is{before} // (), 'open', "connect [x] $address 25",
	    'helo ' . ($is{helo} // 'mx.client.example'),
	    'mail ' . ($is{from} // '<a@client.example>'), 'rcpt <b@example.org>');
	return wantarray ? ($reply, $mta) : $reply;
}

my $client = "\$ORIGIN client.example.\n\$TTL 60\n@ SOA a b 1 1 1 1 1\n@ MX 10 mx\nmx A 192.0.2.10\nmx AAAA 2001:db8::10\n";

subtest 'what counts' => sub {
	my $house = Bailey::Test->new;
	$house->dns(
		zones => [
			$client,
			list('bl.example', map { ("192.0.2.$_->[0]" => $_->[1], "2001:db8::$_->[0]" => $_->[1]) }
			    [2 => ['127.0.0.2']], [3 => ['127.0.0.2', 'never asked']], [4 => ['127.0.0.12']],
			    [5 => ['127.255.255.254']], [7 => ['127.0.0.2']], [8 => ['127.0.0.3']]),
			list("$key.zen.dq.spamhaus.net", map { ("192.0.2.$_" => ['127.0.0.4', "see https://zen.example/\x{e9}?key=$key" . '%'],
			    "2001:db8::$_" => ['127.0.0.4', "see https://zen.example/?key=$key"]) } 3, 7),
			list('wl.example', map { ($_ => ['127.0.10.3', 'a good one']) } '192.0.2.7', '2001:db8::7'),
			list('odd.example', '192.0.2.6' => ['198.51.100.1'], '2001:db8::6' => ['198.51.100.1']),
			list('dbl.example', 'spam.example' => ['127.0.1.2']),
		],
		rules => '',
	);
	$house->bailey(<<"END");
helo { not-fqdn = pass unresolvable = pass }
sender { unresolvable = pass }
dnsbl {
	reject-at = 6
	doubtful = tempfail
	header = yes
	zone "bl.example" { answers = { "127.0.0.2*3", "127.0.0.[3..11]*1" } }
	zone "$key.zen.dq.spamhaus.net" { answers = "127.0.0.[2..11]" weight = 5 }
	zone "odd.example*9" { }
	zone "wl.example=127.0.[0..255].[1..3]*-4" { }
	zone "dbl.example" { weight = 3 names = { "helo", "ptr", "sender" } }
}
END
	for my $net ('192.0.2.', '2001:db8::') {
		is(rcpt($house, "${net}1"), 'rcpt: continue', "$net: nobody lists it");
		like(rcpt($house, "${net}2"), qr/^rcpt: 450 4\.7\.1 Service unavailable; client \[\Q$net\E2\] blocked using bl\.example/,
		    'one list');
		my $reply = rcpt($house, "${net}3");
		like($reply, qr{^rcpt: 554 5\.7\.1 Service unavailable; client \[\Q$net\E3\] blocked using zen\.dq\.spamhaus\.net; see https://zen\.example/\S*\?key=\*\*\*},
		    'two lists: the heavier one decides, and says why');
		unlike($reply, qr/$key/, 'without the key');
		is(rcpt($house, "${net}4"), 'rcpt: continue', 'an answer no filter names');
		is(rcpt($house, "${net}5"), 'rcpt: continue', 'an error code is no listing');
		is(rcpt($house, "${net}6"), 'rcpt: continue', 'nor an answer outside 127/8');
		like(rcpt($house, "${net}7"), qr/^rcpt: 450/, 'an allow list subtracts: 3 + 5 - 4 of 6');
		like(rcpt($house, "${net}8"), qr/^rcpt: 450/, 'another filter of the same zone');
		like(rcpt($house, "${net}1", helo => 'SPAM.example'), qr/HELO name \[spam\.example\] blocked using dbl\.example/, 'HELO name');
		like(rcpt($house, "${net}1", from => '<x@spam.example>'), qr/sender domain \[spam\.example\] blocked using dbl\.example/, 'sender domain');
		is(rcpt($house, "${net}1", helo => '[192.0.2.1]', from => '<x@[192.0.2.1]>') =~ /dbl/, '', 'literals are no names');
	}
	is(scalar $house->dns->questions("^udp 3\\.2\\.0\\.192\\.$key\\.zen\\.dq\\.spamhaus\\.net TXT"), 1, 'the text is asked of the list that decided');
	is(scalar $house->dns->questions('3\.2\.0\.192\.bl\.example TXT'), 0, 'and of no other');
	is(scalar $house->dns->questions('2\.2\.0\.192\.bl\.example TXT'), 0, 'nor where none decided');
	is(scalar $house->dns->questions('3\.2\.0\.192\.bl\.example A'), 1, 'two filters, one question');
	is(scalar $house->dns->questions('[0-9.]{7,}\.dbl\.example'), 0, 'a list of names is asked for no address');
	unlike($house->bailey->log, qr/$key/, 'no key in the log');
	like($house->bailey->log, qr/zen\.dq\.spamhaus\.net/, 'though the list is named');
	like($house->bailey->wait_for_log(qr/odd\.example answered 198\.51/), qr/outside 127\.0\.0\.0/, 'a fault is told');
	like($house->bailey->wait_for_log(qr/bl\.example answered 127\.255\.255\.254/), qr/public resolver/, 'with what to do');
};

subtest 'in the header' => sub {
	my $house = Bailey::Test->new;
	$house->dns(zones => [$client, list('bl.example', '192.0.2.3' => ['127.0.0.2'], '192.0.2.4' => ['127.0.0.2']),
	    list('wl.example', '192.0.2.3' => ['127.0.10.3', 'a (good) one'])]);
	my $conf = 'dnsbl { suspect-at = 2 reject-at = 2 zone "bl.example*3" {} zone "wl.example*-2" {} %s }';
	$house->bailey(sprintf $conf, '');
	my ($reply, $mta) = rcpt($house, '192.0.2.3');
	is($reply, 'rcpt: continue', 'saved by the allow list');
	$mta->do('header From: a@example.net', 'eoh', 'eom');
	my ($field) = map { s/(?:\\[nt])+/ /gr } $mta->headers;
	like($field, qr/dnswl=pass \([^)]*wl\.example[^)]*\) dns\.zone=wl\.example policy\.ip=127\.0\.10\.3 policy\.txt="a \(good\) one" dns\.sec=na/, 'dnswl (RFC 8904)');
	unlike($field, qr/dnsbl/, 'block lists are not shown');
	$house->bailey->reload(sprintf $conf, 'header = yes');
	($reply, $mta) = rcpt($house, '192.0.2.3');
	$mta->do('header From: a@example.net', 'eoh', 'eom');
	like(($mta->headers)[0] =~ s/(?:\\[nt])+/ /gr, qr/x-dnsbl=fail \([^)]*\) dns\.zone=bl\.example policy\.ip=127\.0\.0\.2/, 'but with header = yes');
	my ($event) = grep { ($_->{client} // '') eq '192.0.2.3' } $house->bailey->events;
	like($event->{dnsbl} // '', qr/clear/, 'the log has the score') or diag explain $event;
};

subtest 'names in the header' => sub {
	my $house = Bailey::Test->new;
	my $spam = ['127.0.1.2', 'a domain of spammers'];
	$house->dns(zones => [$client, list('bl.example', '192.0.2.2' => ['127.0.0.2'], '2001:db8::2' => ['127.0.0.2']),
	    list('dbl.example', map { $_ => $spam } qw(spam.example client.example esp.example))]);
	$house->bailey(<<'END');
dnsbl {
	reject-at = 5 doubtful = tempfail header = yes
	zone "bl.example" { weight = 4 }
	zone "dbl.example*5" { names = "from" }
	zone "dbl.example*4" { names = "dkim" }
}
END
	my $send = sub {
		my ($address, @fields) = @_;
		my ($reply, $mta) = rcpt($house, $address, from => '<>');
		$reply = $mta->last(map({ "header $_" } @fields), 'eoh', 'eom') if $reply eq 'rcpt: continue';
		return $reply =~ s/; help: .*//r;
	};
	for my $net ('192.0.2.', '2001:db8::') {
		is($send->("${net}1", 'From: a@good.example', 'DKIM-Signature: v=1; d=good.example'), 'eom: continue', "$net: nobody lists it");
		is($send->("${net}1", 'From: A <a@Spam.Example>'), 'eom: 554 5.7.1 Service unavailable; author domain [spam.example] blocked using dbl.example; a domain of spammers', 'author');
		is($send->("${net}1", 'From: a@good.example', 'DKIM-Signature: v=1; d=good.example', 'DKIM-Signature: v=1; d=esp.example; s=x'),
		    'eom: 450 4.7.1 Service unavailable; signing domain [esp.example] blocked using dbl.example', 'a signature');
		is($send->("${net}1", 'From: a@esp.example', 'DKIM-Signature: v=1; d=esp.example'),
		    'eom: 554 5.7.1 Service unavailable; author domain [esp.example] blocked using dbl.example; a domain of spammers', 'both');
		is($send->("${net}1", 'From: a@good.example', 'Sender: a@spam.example'), 'eom: continue', 'no other field');
		like($send->("${net}2", 'From: a@good.example'), qr/^rcpt: 450/, 'what is known at RCPT is answered there');
	}
	$house->bailey->reload(slurp($house->bailey->path) =~ s/doubtful = tempfail/doubtful = pass/r);
	like($send->('192.0.2.2', 'From: a@good.example', 'DKIM-Signature: d=esp.example'), qr/^eom: 554 .*client \[192\.0\.2\.2\] blocked using bl\.example/, 'the sum decides');
	my (undef, $mta) = rcpt($house, '192.0.2.2');
	$mta->do('header From: a@good.example', 'eoh', 'eom');
	unlike(join('', $mta->headers), qr/zone=dbl/, 'one list in the header');
	is(scalar grep({ /dns\.zone=bl\.example/ } map { split /;/ } $mta->headers), 1, 'once');
	ok(!$house->dns->questions('client\.example\.dbl\.example'), 'HELO name and sender are not asked for');
};

subtest 'who is not asked for' => sub {
	my $house = Bailey::Test->new;
	$house->dns(zones => [$client, list('bl.example', '*' => ['127.0.0.2'])]);
	$house->bailey("trusted-networks = { \"192.0.2.0/25\" }\ndnsbl { zone \"bl.example\" { weight = 5 self-test = no } }");
	my %client = ('10.1.2.3' => '', '172.16.1.1' => '', '192.168.1.1' => '', '100.64.0.1' => '', '169.254.1.1' => '',
	    'fe80::1' => '', 'fd00::1' => '', '::1' => '', '127.0.0.1' => '', '192.0.2.1' => '');
	for my $address (sort keys %client) {
		unlike(rcpt($house, $address), qr/bl\.example/, $address);
	}
	is(rcpt($house, '192.0.2.200', before => "macro connect {daemon_port}=587\nmacro mail {auth_authen}=joe"), 'rcpt: continue', 'authenticated, at port 587');
	my @asked = grep { !/test|invalid|\b[12]\.0\.0\.127|\.f\.7\.f/ } $house->dns->questions('bl\.example');
	is_deeply(\@asked, [], 'no list was asked');
	like(rcpt($house, '192.0.2.200', before => 'macro connect {daemon_port}=587'), qr/^rcpt: 554 .*bl\.example/,
	    'a stranger at port 587 is asked for at MAIL');
	like(rcpt($house, '192.0.2.201'), qr/^rcpt: 554/, 'as is every stranger');
};

subtest 'health' => sub {
	my $house = Bailey::Test->new;
	my $sound = list('bl.example', map { ("192.0.2.$_" => ['127.0.0.2'], "2001:db8::$_" => ['127.0.0.2']) } 1 .. 99);
	my $other = list('other.example');
	my $wild = $sound =~ s/^test .*/* A 127.0.0.2\n*.0.0.127 A 127.0.0.2/mr;
	my $parked = $other . "\$ORIGIN bl.example.\n@ SOA a b 1 1 1 1 1\n* A 203.0.113.7\n";
	my $emptied = "\$ORIGIN bl.example.\n@ SOA a b 1 1 1 1 1\n";
	my $only_v4 = $sound =~ s/^\Q$test_v6\E .*\n//mr;
	$house->dns(zones => [$client, $sound, $other]);
	my $daemon = $house->bailey('resolver { servers = { "' . $house->dns->address . '" } timeout = "500ms" budget = "3s" }' . "\n" .
	    'dnsbl { test-interval = "1s" silent-pause = "1s" silent-after = 2 zone "bl.example" { weight = 5 } zone "other.example" {} }');
	my $n = 1;
	my $listed = sub { $n++; return map { scalar rcpt($house, $_ . $n) } '192.0.2.', '2001:db8::' };
	like($_, qr/^rcpt: 554/, 'listed while sound') for $listed->();
	for my $day (['lists everything' => $wild, 'lists 127\.0\.0\.1'], ['parked' => $parked, 'outside 127'],
	    ['emptied' => $emptied, 'does not list 127\.0\.0\.2']) {
		my ($name, $zone, $why) = @$day;
		my $from = length $daemon->log;
		$house->dns->change(zones => [$client, $zone, $zone eq $parked ? () : $other]);
		# Not that of IPv6 clients alone, which is another test.
		ok($daemon->wait_for_log(qr/dnsbl: bl\.example failed its test.*$why.*not asked until/, $from), "$name: told");
		is($_, 'rcpt: continue', 'not believed') for ($listed->())[0];
		$house->dns->change(zones => [$client, $sound, $other]);
		ok($daemon->wait_for_log(qr/dnsbl: bl\.example passes its test again: asked again$/, $from), 'comes back by itself');
		wait_until { rcpt($house, '192.0.2.' . (50 + $n++)) =~ /^rcpt: 554/ };
		like(($listed->())[0], qr/^rcpt: 554/, 'and counts again');
	}
	# The two families are tested apart; the other one is back a little later.
	ok(wait_until { rcpt($house, '2001:db8::' . ($n = $n % 99 + 1)) =~ /^rcpt: 554/ }, 'for IPv6 as well');
	my $from = length $daemon->log;
	$house->dns->change(zones => [$client, $only_v4, $other]);
	like($daemon->wait_for_log(qr/bl\.example failed its test.*IPv6/, $from), qr/not asked for IPv6 clients/, 'a list without IPv6');
	like(($daemon->ctl('status'))[1], qr/^list +bl\.example: answers its test, for IPv4 only$/m, 'which is no fault');
	like(rcpt($house, '192.0.2.90'), qr/^rcpt: 554/, 'is asked for IPv4');
	is(rcpt($house, '2001:db8::90'), 'rcpt: continue', 'but not for IPv6');
	$house->dns->change(zones => [$client, $sound, $other], rules => "rule *.other.example * drop\n");
	$from = length $daemon->log;
	like(rcpt($house, '192.0.2.' . (60 + $_)), qr/^rcpt: 554/, 'a dead list does not hide the others') for 1 .. 2;
	ok($daemon->wait_for_log(qr/other\.example does not answer/, $from), 'it is found silent');
	like(rcpt($house, '192.0.2.91'), qr/^rcpt: 554/, 'the others go on');
	is(scalar $house->dns->questions('91\.2\.0\.192\.other\.example'), 0, 'and it is no longer asked');
	$house->dns->change(zones => [$client, $sound, $other]);
	ok($daemon->wait_for_log(qr/other\.example answers again/, $from), 'until it answers');
};

subtest 'a list of a class' => sub {
	my $house = Bailey::Test->new;
	$house->dns(zones => [ $client, list('bl.example'), list('class.example'), list('late.example') ],
	    rules => "rule *.late.example * drop\nrule class.example * rcode NXDOMAIN\nrule *.class.example * rcode NXDOMAIN\n");
	my $daemon = $house->bailey(<<'END');
dnsbl { wait = 200ms silent-after = 1 zone "bl.example" {} }
class "c" {
	recipients = { "example.org" }
	dnsbl { zone "bl.example" {} zone "class.example" {} zone "late.example" { self-test = no } }
}
END
	ok($daemon->wait_for_log(qr/dnsbl: class\.example failed its test/), 'is tested');
	rcpt($house, '192.0.2.9');
	ok($daemon->wait_for_log(qr/dnsbl: late\.example does not answer/), 'is found silent, and that is told');
	my @lists = ($daemon->ctl('status'))[1] =~ /^list +(?:\(!\) +)?(\S+):/mg;
	is_deeply(\@lists, [ map { "$_.example" } 'bl', 'class', 'late' ], 'is shown, each once');
	$daemon->reload(<<'END');
dnsbl { mode = off zone "bl.example" {} }
class "c" { recipients = { "example.org" } dnsbl { mode = enforce zone "late.example" { self-test = no } } }
class "d" { recipients = { "example.net" } dnsbl { zone "class.example" {} } }
END
	is_deeply([ ($daemon->ctl('status'))[1] =~ /^list +(?:\(!\) +)?(\S+):/mg ], ['late.example'], 'not if it is off');
};

subtest 'anomaly' => sub {
	my $house = Bailey::Test->new;
	my $sound = list('bl.example', '192.0.2.1' => ['127.0.0.2']);
	my $mad = "$sound*.100.51.198 A 127.0.0.2\n";
	$house->dns(zones => [$client, $sound]);
	my $daemon = $house->bailey('dnsbl { anomaly-clients = 20 anomaly-window = "2s" zone "bl.example" { weight = 5 } }');
	rcpt($house, "203.0.113.$_") for 1 .. 230;
	sleep 3;	# the window ends
	$house->dns->change(zones => [$client, $mad]);
	my $first;
	for my $i (1 .. 600) {
		my $reply = rcpt($house, '198.51.100.' . ($i % 250 + 1));
		$first //= $reply;
		last if $daemon->log =~ /SET ASIDE/;
	}
	like($first, qr/^rcpt: 554/, 'the first victims are refused');
	ok($daemon->wait_for_log(qr/dnsbl: bl\.example suddenly lists far more clients/), 'then the list is set aside');
	like(($daemon->ctl('status'))[1], qr/^list  \(!\) +bl\.example: lists far more clients than usual/m,
	    'as baileyctl status says');
	is(rcpt($house, '198.51.100.254'), 'rcpt: continue', 'and no longer believed');
};

subtest 'anomaly among those who pass DMARC' => sub {
	my $house = Bailey::Test->new;
	my $proved = "$client@ TXT \"v=spf1 +all\"\n_dmarc TXT \"v=DMARC1; p=none\"\n";
	$house->dns(zones => [$proved, list('bl.example', map { ("198.51.100.$_" => ['127.0.0.2']) } 1 .. 25)]);
	my $conf = 'dnsbl { doubtful = pass anomaly-clients = 20 anomaly-window = "%s" zone "bl.example" { weight = 1 } }';
	my $daemon = $house->bailey(sprintf $conf, '1s');
	my $pass = sub {
		my (undef, $mta) = rcpt($house, $_[0]);
		return $mta->last('header From: a@client.example', 'eoh', 'eom');
	};
	$pass->("192.0.2.$_") for 1 .. 210;
	sleep 2;
	$pass->('192.0.2.211');	# the past has 200 of them
	$daemon->reload(sprintf $conf, '1h');
	rcpt($house, "203.0.113.$_") for 1 .. 30;	# strangers, so that half of all are not listed
	is($pass->("198.51.100.$_"), 'eom: continue', "listed, and passes DMARC: $_") for 1 .. 22;
	ok($daemon->wait_for_log(qr/dnsbl: bl\.example suddenly lists far more clients/), 'the list is set aside');
	like($daemon->log, qr/dmarc=pass/, 'DMARC passed');
};

subtest 'configuration' => sub {
	my $house = Bailey::Test->new;
	my $file = $house->folder . '/conf';
	my $program = Bailey::Test::Daemon::program();
	my $test = sub { spew($file, "$_[0]\nuser = \"nobody\"\n"); return scalar qx($program -t -c $file 2>&1) };
	my $zone = sub { return $test->("dnsbl {\n zone \"$_[0]\" { " . ($_[1] // '') . " }\n}") };
	like($zone->('dnsbl.sorbs.net'), qr/conf:2: .*dnsbl\.sorbs\.net is dead: it was emptied in 2024; use zen\.spamhaus\.org \(even-if-dead/, 'a dead list');
	like($zone->('dnsbl.sorbs.net', 'even-if-dead = yes'), qr/: ok$/, 'even if dead');
	like($zone->('bl.example', 'names = { "mx" }'), qr/"mx" is not one of helo, ptr, sender, from, dkim/, 'names that cannot be asked');
	like($zone->('bl.example', 'names = "from" kind = allow'), qr/a client can claim any other name/, 'an allow list of claimed names');
	like($zone->("$key.l.example*x"), qr/conf:2: zone "l\.example\*x": a weight/, 'a mistake names no key');
	like($test->("dnsbl { $key.l.example = 3 }"), qr/conf:1: dnsbl\.l\.example: unknown key/, 'not even as a key');
	like($test->("dnsbl { zone \"$key.l.example\" {} zone \"$key.l.example\" {} }"), qr/found duplicate title 'l\.example'/, 'nor twice');
	like($zone->('bl.example', 'answers = { "192.0.2.1" }'), qr/only answers in 127\.0\.0\.0\/8/, 'a filter outside 127/8');
	like($test->('dnsbl { vouched = accept }'), qr/"accept" is none of/, 'an allow list cannot accept');
	like($test->('dnsbl { suspect-at = 9 }'), qr/suspect-at is larger than reject-at/, 'thresholds');
	like($test->('dnsbl { sites = "zen.spamhaus.org=127.0.0.[2..11]*3 bl.spamcop.net*2, list.dnswl.org=127.0.[0..255].[1..3]*-4" }'), qr/: ok$/, 'a pasted line');
	like($test->('dnsbl { sites = { "zen.spamhaus.org*3", "dnsbl.njabl.org" } }'), qr/sites, string 2: dnsbl\.njabl\.org is dead: it was shut down in 2013/, 'a dead list in it');
};

done_testing;
