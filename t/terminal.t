#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Hostile mail writes to the administrator: nothing of it may speak to his
# terminal, whichever subcommand or log shows it.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use JSON::PP;
use Test::More;

# What the terminal would do with it => the bytes.
my %evil = (
	'an escape sequence' => "\x1b]0;owned\x07\x1b[31m",
	'one that begins with C1' => "\xc2\x9b31mred\xc2\x9d0;owned\xc2\x9c",
	'C1 without UTF-8' => "\x9b31m\x9d0;owned\x9c",
	'text from right to left' => "\xe2\x80\xaeevil\xe2\x81\xa7",
	'a line of its own' => "\xe2\x80\xa8x\x0b\x7f",
);
my $shows = qr/[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]|(?<![\xc2-\xf4])(?<![\xe0-\xf4].)[\x80-\x9f]/s;

like($_, $shows, 'each would do harm') for values %evil;
unlike("J\xc3\xb6rg \xe2\x82\xac\n\t", $shows, 'and what is only foreign would not');

my $house = Bailey::Test->new;
my $conf = Bailey::Test::Daemon::quiet(qw(helo greylist author)) . <<'END';
helo { invalid = "reject" forged = "reject" not-fqdn = "reject" mode = "shadow" }
author { from-multiple = "reject" }
greylist { apply = "all" delay = "1s" recipients = { "grey@example.org" } }
receipts { deliveries = 1 }
END
my $daemon = $house->bailey($conf);

# One message with that everywhere; the id of its refusal.
sub attack {
	my ($bytes) = @_;
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	$bytes =~ s/[\r\n]//g;
	my @said = $mta->do('open', 'connect h 192.0.2.1 25', "helo $bytes", qq(mail <"$bytes"\@evil.example>),
	    qq(rcpt <"$bytes"\@example.org>), 'rcpt <grey@example.org>', "header From: $bytes <a\@evil.example>", "header From: <b$bytes\@evil.example>",
	    "header Subject: $bytes", "header DKIM-Signature: v=1; a=rsa-sha256; d=$bytes.example; s=x; h=from; bh=a; b=a",
	    'eoh', 'body x', 'eom', 'quit');
	return join("\n", @said) =~ /\[id=(\w+)\]/ ? $1 : undef;
}

for my $name (sort keys %evil) {
	subtest $name => sub {
		my $id = attack($evil{$name});
		ok($id, 'is refused') or return;
		ok(wait_until { ($daemon->ctl('why', $id))[0] == 0 }, 'and kept');
		for my $words ("why $id", 'greylist list', 'greylist show 192.0.2.1', 'shadow-report', 'status', 'stats',
		    'top --count 1', 'reload', "forget x\@$id.example") {
			my ($status, @out) = $daemon->ctl(split / /, $words);
			is($status, 0, $words);
			unlike("@out", $shows, 'shows nothing of it');
			next if $words =~ /^top/;
			@out = $daemon->ctl('-j', split / /, $words);
			# DEL does nothing to a terminal.
			unlike("@out", qr/[\x00-\x08\x0b-\x1f\x80-\xff]/, 'nor in JSON');
		}
		my $file = spew($house->folder . '/message', "From: $evil{$name} <a\@evil.example>\nSubject: $evil{$name}\n\nx\n");
		my ($status, @out) = $daemon->ctl('check', '--client', '192.0.2.1', '--helo', $evil{$name}, '--from', "$evil{$name}\@evil.example",
		    '--rcpt', 'grey@example.org', $file);
		unlike("@out", $shows, 'check');
		for my $words (['why', $evil{$name}], ['greylist', 'show', $evil{$name}], ['mode', $evil{$name}], ['forget', $evil{$name}]) {
			@out = $daemon->ctl(@$words);
			unlike("@out[1, 2]", $shows, "what is no @{[$words->[0] =~ /(\w+)/]}");
		}
		unlike($daemon->log, $shows, 'log');
	};
}

subtest 'the log as JSON' => sub {
	$daemon->reload($conf . qq(log = "json"\n));
	my $before = length $daemon->log;
	my @names = sort keys %evil;
	attack($evil{$_}) for @names;
	ok(wait_until { (() = substr($daemon->log, $before) =~ /"event":"message"/g) == @names }, 'has them all');
	my $log = substr $daemon->log, $before;
	unlike($log, $shows, 'and shows nothing of it');
	ok(eval { decode_json($_); 1 }, 'each line is an object') for split /\n/, $log;
	like($log, qr/\\u009b31mred/, 'though nothing is lost');
};

$house->stop;
done_testing;
