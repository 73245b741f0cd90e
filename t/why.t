#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Receipts: every refusal can be explained afterwards, by either id.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use JSON::PP;
use Test::More;

my $house = Bailey::Test->new;
$house->dns(reverse => { '192.0.2.1' => 'mail.client.example' },
    zones => ["\$ORIGIN client.example.\n@ SOA ns hostmaster 1 3600 600 86400 60\nmail A 192.0.2.1\n"]);
my $checks = Bailey::Test::Daemon::quiet('rdns', 'helo');
my $daemon = $house->bailey($checks);

# One message; the id in its last reply, if that was a refusal.
sub send_mail {
	my (%is) = @_;
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	my @said = $mta->do('open', 'connect h 192.0.2.1 25', "helo $is{helo}",
	    $is{queue} ? ("macro rcpt i=$is{queue}", "macro mail i=$is{queue}") : (), 'mail <a@client.example>',
	    map({ "rcpt <$_>" } @{ $is{to} // ['b@example.org'] }), 'header Subject: x', 'eoh', 'eom', 'quit');
	my ($id) = join("\n", @said) =~ /\[id=(\w+)\]/;
	return $id;
}

# Receipts are written behind the mail's back.
sub why {
	my ($id, $count) = @_;
	my $answer;
	wait_until {
		$answer = decode_json(($daemon->ctl('-j', 'why', $id))[1]);
		@{ $answer->{receipts} // [] } >= $count;
	};
	return @{ $answer->{receipts} };
}

sub kept { return decode_json(($daemon->ctl('-j', 'status'))[1])->{receipts} }

my $id = send_mail(helo => '-bad-', queue => '4ABCDEF');
ok($id, 'a refusal has an id');
my ($receipt) = why($id, 1);
is($receipt->{client}, '192.0.2.1', 'client');
is($receipt->{from}, 'a@client.example', 'sender');
is_deeply($receipt->{to}, ['b@example.org'], 'recipient');
is($receipt->{cause}, 'helo.invalid', 'cause');
like($receipt->{reply}, qr/^5\d\d .*\[id=$id\]$/, 'reply');
my ($rdns) = grep { $_->{check} eq 'rdns' } @{ $receipt->{verdicts} };
is($rdns->{result}, 'pass', 'the verdicts of other checks');
is($rdns->{props}{'policy.iprev'}, '192.0.2.1', 'with their properties');
my ($ptr) = grep { $_->{type} eq 'PTR' } @{ $receipt->{dns} };
is_deeply($ptr->{records}, ['mail.client.example'], 'what the DNS said');
is($receipt->{skipped}{spf}, 'off', 'what did not look');
is((why('4ABCDEF', 1))[0]{id}, $id, 'by its queue id');

my ($status, $out, $err) = $daemon->ctl('why', "[id=$id]");
is($status, 0, 'for people, as copied from a reply');
like($out, qr/^client +192\.0\.2\.1$/m, 'client');
like($out, qr/^  helo +invalid +.*\[reject\]$/m, 'verdict');
like($out, qr/^  rdns +pass .*\n +policy\.iprev=192\.0\.2\.1$/m, 'properties');
like($out, qr/^  => reject, because of helo\.invalid$/m, 'decision');
like($out, qr/^  PTR   1\.2\.0\.192\.in-addr\.arpa OK \d+ s\n        mail\.client\.example$/m, 'DNS');

my $several = send_mail(helo => '-bad-', to => [ map { "u$_\@example.org" } 1 .. 3 ]);
is_deeply([ map { $_->{to}[0] } why($several, 3) ], [ map { "u$_\@example.org" } 1 .. 3 ],
    'each recipient has its own, in order');

for (['nosuchid', 1, qr/no receipt has that id/], ['', 2, qr/is no id/], ['x y', 2, qr/is no id/],
    ['x' x 200, 2, qr/is no id/], ["\x01\xff", 1, qr/no receipt/]) {
	my ($bad, $wanted, $said) = @$_;
	($status, $out, $err) = $daemon->ctl('why', $bad);
	is($status, $wanted, 'a bad id') or diag($bad);
	like($err, $said, 'is told');
}

subtest 'what is kept' => sub {
	my $before = kept();
	send_mail(helo => 'mail.client.example');
	$daemon->reload(qq($checks receipts { deliveries = 1 }\n));
	send_mail(helo => 'mail.client.example', queue => 'DELIVERED');
	is((why('DELIVERED', 1))[0]{event}, 'message', 'deliveries by choice');
	is(kept(), $before + 1, 'and only so');
	$daemon->reload(qq($checks helo { mode = "shadow" }\n));
	send_mail(helo => '-bad-', queue => 'SHADOWED');
	my ($shadowed) = why('SHADOWED', 1);
	is($shadowed->{would}, 'reject', 'what shadow rules would have refused');
	$daemon->reload(qq($checks receipts { maximum = 0 }\n));
	$before = kept();
	ok(my $none = send_mail(helo => '-bad-'), 'none');
	is((my $failed = ($daemon->ctl('why', $none))[0]), 1, 'if none may be kept');
	is(kept(), $before, 'none');
	$daemon->reload(qq($checks receipts { maximum = 5 }\n));
	my @ids = map { send_mail(helo => '-bad-') } 1 .. 8;
	why($ids[-1], 1);
	ok(wait_until { kept() <= 5 }, 'beyond the maximum');
	is(($daemon->ctl('why', $id))[0], 1, 'the oldest are gone');
	is(scalar why($ids[-$_], 1), 1, "number $_ from the end is there") for 1 .. 5;
};

# Receipts are what an administrator shows to others.
subtest 'keys of DNS lists' => sub {
	my $key = 'abcdef0123456789abcdef0123';
	my $wide = Bailey::Test::Daemon::quiet('rdns', 'helo', 'dnsbl');
	$daemon->reload(qq($wide dnsbl { zone "$key.zen.dq.spamhaus.net" { self-test = no } }
	    class "c" { recipients = "example.org" dnsbl { zone "k9.combined.mail.abusix.zone" { self-test = no } } }\n));
	my $with_key = send_mail(helo => '-bad-');
	my @asked = map { $_->{name} } @{ (why($with_key, 1))[0]{dns} };
	is_deeply([ grep { /zone|spamhaus/ } @asked ],
	    [ '1.2.0.192.' . '*' x 26 . '.zen.dq.spamhaus.net', '1.2.0.192.**.combined.mail.abusix.zone' ], 'are hidden');
	$daemon->reload($checks);
};

subtest 'a stopped daemon' => sub {
	my $kept = send_mail(helo => '-bad-', queue => '4STOPPED');
	why($kept, 1);
	$daemon->stop;
	for my $name ($kept, '4STOPPED') {
		($status, $out, $err) = $daemon->ctl('why', $name);
		is_deeply([ $status, $err ], [ 0, '' ], "why $name");
		like($out, qr/^id +$kept$/m, 'is read from its store');
	}
	for (['nosuchid', 1, qr/no receipt has that id/], ['', 2, qr/is no id/], ["\x01\xff", 1, qr/no receipt/]) {
		my ($bad, $wanted, $said) = @$_;
		($status, $out, $err) = $daemon->ctl('why', $bad);
		is($status, $wanted, 'a bad id') or diag($bad);
		like($err, $said, 'is told');
	}
	$daemon->start;
	is((why($kept, 1))[0]{id}, $kept, 'receipts outlive it');
};

# Whoever asks to be forgotten is named in receipts, too.
subtest 'forget' => sub {
	my %sent;
	my $send = sub {
		my ($to) = @_;
		why($sent{$to} = send_mail(helo => '-bad-', to => [$to]), 1);
	};
	$daemon->reload($checks);
	$send->($_) for 'Bob@example.org', 'bob+list@example.org', 'bobby@example.org', 'u-1@example.org', 'u-2@example.org';
	my $forgotten = sub {
		my ($address) = @_;
		$daemon->ctl('forget', $address);
		return join ' ', grep { ($daemon->ctl('why', $sent{$_}))[0] == 1 } sort keys %sent;
	};
	is($forgotten->('bob@example.org'), 'Bob@example.org bob+list@example.org', 'a recipient, however he is written');
	is($forgotten->('u-1@example.org'), 'Bob@example.org bob+list@example.org u-1@example.org', 'nobody else');
	$daemon->stop;
	is($forgotten->('BOBBY@example.org'), 'Bob@example.org bob+list@example.org bobby@example.org u-1@example.org',
	    'of a stopped daemon');
	is($forgotten->('a@client.example'), join(' ', sort keys %sent), 'a sender');
	is((split / /, ($daemon->ctl('forget', 'a@client.example'))[1])[0], 0, 'all of him');
};

$house->stop;
done_testing;
