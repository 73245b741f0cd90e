#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The wall clock leaps by a day and by a year, and back, while mail comes: who is
# known stays so, who waits does not wait longer than that, nothing is swept,
# and what is timed inside (the DNS cache, receipts) goes on.  The sandbox is on:
# libfaketime reads its file in the state directory.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Dkim;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use JSON::PP;
use Test::More;

use constant {
	DELAY => 3,	# seconds of greylisting
	DAY => 86400,
	YEAR => 365 * 86400,
	CALM => 62,	# seconds after the start that the first sweep is over: db/backend.h
};

my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
my $why = Bailey::Test::Dkim::why_not() // (defined $library ? undef : 'libfaketime is not installed');
die "$why\n" if $why && $ENV{CI};
plan skip_all => $why if $why;

my ($records, $signed) = Bailey::Test::Dkim::sign({ k => 'rsa-2048' }, { message => "From: a\@client.example\n\nbody\n",
	key => 'k', domain => 'client.example', selector => 's' });
my $house = Bailey::Test->new;
$house->dns(
	zones => ["\$ORIGIN client.example.\n\$TTL 86400\n\@ SOA ns hostmaster 1 3600 600 86400 60\n\@ A 192.0.2.10\nmail A 192.0.2.10\n"
	    . 's._domainkey TXT ' . Bailey::Test::Dkim::txt($records->{k}) . "\n"],
	reverse => { '192.0.2.10' => 'mail.client.example' },
);
my $text = Bailey::Test::Daemon::quiet('greylist', 'rdns', 'dkim')
    . qq(greylist { apply = "all" delay = "${\DELAY}s" auto-allow-after = 0 }\nrdns { none = "pass" }\n);

# Whatever is started gets the clock of this file.
my $clock = $house->folder . '/bailey/clock';
sub leap {
	my ($seconds) = @_;
	rename spew("$clock.new", sprintf "%+d\n", $seconds), $clock or die "$clock: $!\n";
	return wait_until { abs(status()->{now} - time - $seconds) < 3600 };
}

sub status { return decode_json(($house->bailey->ctl('-j', 'status'))[1] || '{"now":0}') }

sub start {
	# The library is not the sanitizer's, which wants to be the first; and the monotonic clock is left alone.
	local @ENV{qw(LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC FAKETIME_FORCE_MONOTONIC_FIX)} =
	    ($library, $clock, 1, 1, 0);
	local $ENV{ASAN_OPTIONS} = join ':', 'verify_asan_link_order=0', $ENV{ASAN_OPTIONS} // ();
	return $house->bailey ? $house->bailey->start : $house->bailey($text);
}

sub try {
	my ($sender, @message) = @_;
	my $mta = Bailey::Test::Mta->new($house->bailey->socket);
	my $said = $mta->last('open', 'connect mail.client.example 192.0.2.10 25', 'helo mail.client.example',
	    "mail <$sender\@client.example>", 'rcpt <b@example.org>');
	return $said if $said ne 'rcpt: continue';
	$said = $mta->last(@message ? @message : ('header From: a@client.example', 'eoh', 'body text\r\n', 'eom'));
	return @message ? join "\n", $mta->headers : $said;
}
sub insist { my ($sender) = @_; return wait_until { try($sender) eq 'eom: continue' } }

# What he was told last: he has to wait no longer than that.
sub waits {
	my ($sender, $name) = @_;
	like(try($sender), qr/^rcpt: 451/, "$name waits");
	my ($left) = map { $_->{reason} =~ /(\d+) seconds left/ } grep { ($_->{from} // '') eq "$sender\@client.example" && $_->{reason} }
	    reverse $house->bailey->events;
	return cmp_ok($left // 'nothing', '<=', DELAY, 'no longer than anybody');
}
sub dkim { return try('known', Bailey::Test::Dkim::commands($signed, 1000)) =~ /dkim=(\w+) / ? $1 : 'nothing' }

mkdir $house->folder . '/bailey' or die;
chown((getpwnam 'nobody')[2, 3], $house->folder . '/bailey') if $> == 0;
spew($clock, "+0\n");
start();
waits('known', 'a stranger');
ok(insist('known'), 'and passes');
is(dkim(), 'pass', 'a signature');
my $questions = () = $house->dns->questions('^udp');

subtest 'a day ahead' => sub {
	ok(leap(DAY), 'the clock leaps');
	like($house->bailey->wait_for_log(qr/the clock went/) // '', qr/the clock went \d+ s ahead .*for a day nothing is removed/, 'the log says so');
	is(try('known'), 'eom: continue', 'who is known passes');
	waits('ahead', 'a stranger');
	ok(insist('ahead'), 'and passes');
	waits('future', 'another');
};

subtest 'and back' => sub {
	ok(leap(0), 'the clock goes back');
	is(try($_), 'eom: continue', "$_ passes") for 'known', 'ahead';
	waits('future', 'who came first in the future');
	ok(insist('future'), 'and passes');
	waits('present', 'a stranger');
};

subtest 'a day behind' => sub {
	ok(leap(-(DAY)), 'the clock leaps');
	is(try($_), 'eom: continue', "$_ passes") for 'known', 'ahead', 'future';
	waits('present', 'who came a day later');
	ok(insist('present'), 'and passes');
	is(dkim(), 'policy', 'a signature of tomorrow is not believed');
	ok(leap(0), 'the clock is right again');
	is(try($_), 'eom: continue', "$_ passes") for 'known', 'present';
	is(dkim(), 'pass', 'and the signature is good');
};

is(scalar(() = $house->dns->questions('^udp')), $questions, 'what was known of the DNS was not asked again');

# From the start on, for the first sweep comes a minute later.
subtest 'a year ahead' => sub {
	$house->bailey->stop;
	start();
	my $started = time;
	my ($known) = status()->{store}{records};
	ok(leap(YEAR), 'the clock leaps');
	waits('present', 'who is expired then');
	while (time < $started + CALM) {
		like(try('late' . (time - $started)), qr/^(?:rcpt: 451|eom: continue)/, 'mail is answered');
		sleep 5;
	}
	is(status()->{store}{swept}, 0, 'nothing is swept');
	ok(leap(0), 'and back');
	is(status()->{store}{swept}, 0, 'nor now');
	cmp_ok(status()->{store}{records}, '>=', $known, 'all records are there');
	is(try($_), 'eom: continue', "$_ passes") for 'known', 'ahead', 'future';
	waits('present', 'who came meanwhile, once more');
	ok(insist('present'), 'and passes');
};

ok($house->bailey->process->alive, 'the daemon lives');
is($house->bailey->stop // 0, 0, 'and ends');
unlike($house->bailey->log, qr/Sanitizer|runtime error/, 'and had nothing to complain about');
$house->stop;
done_testing;
