#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# baileyctl check: the verdict the daemon gives, for every session of the
# quickstart; and the same output, bit for bit, from recorded answers.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Smtp;
use Bailey::Test::Tools;
use JSON::PP;
use Test::More;

my $top = $ENV{TOP_SRCDIR} // '.';
my $house = Bailey::Test->new;
my $folder = $house->folder;
my @topics = map { do($_) // die "$_: $!\n" } sort glob "$top/contrib/quickstart.d/*.pl";

$house->dns(zones => [ map { $_->{zone} // () } @topics ],
    reverse => { map { %{ $_->{reverse} // {} } } @topics },
    rules => join '', map { $_->{rules} // () } @topics);
my $daemon = $house->bailey(join "\n", 'local-domains = { "example.org" }',
    'contact = "postmaster@example.org"', map { ref $_->{conf} ? $_->{conf}->($house->folder) : $_->{conf} // () } @topics);
my $path = $daemon->path;

sub check { return Bailey::Test::Daemon::run_tool('-c', $path, 'check', @_) }
sub message { my ($name, @lines) = @_; return spew("$folder/$name", join "\n", @lines, '') }
sub without_id { my ($reply) = @_; return $reply =~ s/ \[id=\w+\]//r }

# What the daemon does: its last reply, and the fields it adds.
sub daemon_says {
	my ($from, $to, $session, $text) = @_;
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	my ($head, $body) = split /\n\n/, $text, 2;
	my @fields = split /\n(?![ \t])/, $head;
	$mta->do('open', "connect client.example $session->{client} 25", "helo $session->{helo}", "mail $from");
	my $said = $mta->last("rcpt $to");
	return without_id($said =~ s/^rcpt: //r) if $said !~ /continue/;
	$said = $mta->last(map({ s/\n/\\n/g; "header $_" } @fields), 'eoh',
	    'body ' . $body =~ s/\n/\\r\\n/gr, 'eom');
	return without_id($said =~ s/^eom: //r) if $said !~ /continue/;
	return ('continue', $mta->headers);
}

my $played = 0;
for my $session (map { @{ $_->{sessions} } } @topics) {
	# Who comes again: a check meets everybody for the first time.
	next if $session->{wait} || $session->{site};
	my $text = Bailey::Test::Smtp::message(@{ $session->{fields} // [] });
	my ($from, $to) = map { "<$_>" } $session->{from} // 'sender@client.example',
	    $session->{to} // 'user@example.org';
	my @options = ('--client', $session->{client}, '--helo', $session->{helo}, '--from', $from, '--rcpt', $to);
	my $file = spew("$folder/message", $text);
	my $recorded = "$folder/recorded" . ++$played;
	subtest $session->{title} => sub {
		my ($reply, @headers) = daemon_says($from, $to, $session, $text);
		my ($status, $out, $err) = check('-j', @options, '--record', $recorded, $file);
		my $found = decode_json($out);
		my $last = $found->{message} // $found->{recipients}[-1];
		is(without_id($last->{reply} // 'continue'), $reply, 'the reply of the daemon');
		is_deeply([ map { "$_->{name}: $_->{value}" } @{ $last->{fields} // [] } ],
		    [ map { s/\\n/\n/gr =~ s/\\t/\t/gr } @headers[0 .. $#{ $last->{fields} // [] }] ], 'its fields')
		    if $reply eq 'continue';
		is($status, $reply =~ /^4/ ? 10 : $reply =~ /^5/ ? 11 : 0, 'the exit status tells it');
		is($err, '', 'no complaint');
		is_deeply([ check('-j', @options, '--replay', $recorded, $file) ], [ $status, $out, '' ],
		    'a replay has the same output');
		is_deeply([ (check(@options, '--replay', $recorded, $file))[0, 2] ], [ $status, '' ],
		    'and needs nothing else');
	};
}
cmp_ok($played, '>=', 5, 'the sessions of the quickstart');

# From here on nobody but a recording answers.
$house->dns->stop;
subtest 'replay' => sub {
	my $file = message('plain', 'Subject: x', '', 'text');
	my @client = ('--client', '192.0.2.200', '--helo', 'mail.client.example');
	my $nothing = spew("$folder/nothing", "bailey-answers 1\ntime 1\n");
	my ($status, $out, $err) = check(@client, '--replay', $nothing, $file);
	is($status, 0, 'without an answer mail passes');
	like($out, qr/^  rdns +temperror/m, 'as temperror');
	like($err, qr/\Q$nothing\E has no answer to \d+ questions/, 'and that is told');
	for (['none', undef, qr/No such file/], ['rubbish', "x\n", qr/not a file of answers/],
	    ['bad', "bailey-answers 1\nanswer A OK 5 - a\n", qr/malformed/]) {
		my ($name, $text, $wanted) = @$_;
		spew("$folder/$name", $text) if defined $text;
		($status, $out, $err) = check(@client, '--replay', "$folder/$name", $file);
		is($status, 1, $name);
		like($err, $wanted, 'is told');
	}
	is((check('--record', "$folder/no/where", $file))[0], 1, 'a recording that cannot be written');
};

subtest 'envelope' => sub {
	my $nothing = "$folder/nothing";
	my $run = sub { my $out = (check('-j', '--replay', $nothing, @_, "$folder/plain"))[1]; return decode_json($out) };
	my $found = $run->();
	is($found->{origin}, 'local', 'without a client it is mail of this host');
	is($found->{skipped}{rdns}, 'local', 'which is not checked');
	is($run->('--client', '192.0.2.1', '--auth', 'me')->{origin}, 'authenticated', '--auth');
	is($run->('--client', '[IPv6:2001:db8::1]')->{client}, '2001:db8::1', 'an address literal');
	$found = $run->('--client', '192.0.2.1', '--helo', '-bad-', '--rcpt', 'a@example.org', '--rcpt=postmaster@example.org');
	is($found->{recipients}[0]{action}, 'reject', 'one recipient is refused');
	ok($found->{recipients}[1]{exempt}, 'another is exempt');
	ok($found->{message}, 'and gets the message');
	my ($status, $out, $err) = check('--client', 'mail.client.example', "$folder/plain");
	is($status, 2, 'a name for an address');
	like($err, qr/not an IP address/, 'is told');
	is((check("$folder/missing"))[0], 1, 'a message that is not there');
	$path = spew("$folder/bad.conf", "sokket = 1\n");
	($status, $out, $err) = check("$folder/plain");
	is($status, 1, 'a bad configuration');
	like($err, qr/bad\.conf:1: sokket/, 'is told');
};

subtest 'message' => sub {
	$path = spew("$folder/quiet.conf", "authserv-id = \"mx.example.org\"\n");
	my $forged = 'Authentication-Results: mx.example.org; spf=pass';
	for (["LF", "$forged\n\nbody\n", 1], ["CRLF", "$forged\r\n\r\nbody\r\n", 1], ['mbox', "From a\@b Mon\n$forged\n\n", 1],
	    ['folded', "Authentication-Results:\n mx.example.org;\n\tspf=pass\n\n", 1], ['two', "$forged\nX: y\n$forged\n\n", 2],
	    ['no body', $forged, 1], ['in the body', "Subject: x\n\n$forged\n", 0],
	    ['behind a line that is no field', "Subject: x\nthis is text\n$forged\n", 0], ['nothing', '', 0],
	    ['a body with NUL', "$forged\n\n\0\0\n", 1], ['a long line', "$forged\nX: " . 'x' x 2_000_000 . "\n\n", 1]) {
		my ($name, $text, $count) = @$_;
		my $file = spew("$folder/m", $text);
		my ($status, $out, $err) = check('-j', $file);
		is($status, 0, $name) or diag($err);
		is(decode_json($out)->{message}{forged}, $count, "$count forged");
	}
	like((check("$folder/plain"))[1], qr/^  Authentication-Results: mx\.example\.org; none$/m, 'the field for people');
	my ($status, $out) = check('--helo', "\e[31mred", "$folder/plain");
	unlike($out, qr/\e/, 'what came from outside does not speak to the terminal');
};

$house->stop;
done_testing;
