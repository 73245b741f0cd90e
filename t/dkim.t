#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Messages that dkimpy and opendkim signed, in every canonicalization, straight from an MTA
# and through a real Postfix: untouched they pass, touched they fail.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Dkim;
use Bailey::Test::Mta;
use Bailey::Test::Opendkim;
use Bailey::Test::Tools;
use Test::More;

if (my $why = Bailey::Test::Dkim::why_not() // Bailey::Test::Opendkim::why_not()) {
	die "$why\n" if $ENV{CI};
	plan skip_all => $why;
}

my $author = "From: Joe <joe\@d.example>\n";
my %message = (
	plain => "${author}To: b\@example.org\nSubject: hello\n\nHello.\n",
	folds => "From: Joe\n\t<joe\@d.example>\nSubject: a\n  b\n\tc\n\n d\nTo:b\@example.org\nX-Empty:\nX-Space: \nX-Tail: x \t\n\nHello.\n"
	    =~ s/c\n\n d/c\n \t\n d/r,
	tight => "From:joe\@d.example\nSubject:  two\nTo:\tb\@example.org\n\nHello.\n",
	'8-bit' => "${author}Subject: J\xc3\xb6 \xe4\n\nJ\xc3\xb6 \xe4 \xff\n",
	spaces => "${author}Subject:  a \t b  \n\n a \t b  \n\t\n\n  c\n",
	'trailing empty lines' => "${author}Subject: x\n\nHello.\n\n\n\n",
	'only empty lines' => "${author}Subject: x\n\n\n\n",
	'empty body' => "${author}Subject: x\n\n",
	dots => "${author}Subject: x\n\n.\n..\n...a\n",
	'long lines' => "${author}Subject: " . 'x' x 900 . "\n\n" . 'y' x 5000 . "\n",
	long => "${author}Subject: x\n\n" . "A line like any other, and many of them.\n" x 5000,
	'two Received' => "Received: from a by b;\n\tx\nReceived: from c by d; y\n${author}Subject: x\n\nx\n",
);
my @canons = map { my $h = $_; map { "$h/$_" } qw(simple relaxed) } qw(simple relaxed);
my %algorithm = (rsa => 'rsa-sha256', ed => 'ed25519-sha256', sha1 => 'rsa-sha1', small => 'rsa-sha256', big => 'rsa-sha256');
my @jobs;
sub job {
	my ($name, %is) = @_;
	my $key = $is{key} // 'rsa';
	push @jobs, { name => $name, message => $message{plain}, key => $key, domain => 'd.example',
		selector => $key, canon => 'relaxed/relaxed', algorithm => $algorithm{$key}, %is };
	return;
}
for my $name (sort keys %message) {
	job("$name, $_", message => $message{$name}, canon => $_, want => 'pass') for @canons;
}
job("plain, Ed25519, $_", key => 'ed', canon => $_, want => 'pass') for @canons;
job('4096 bits', key => 'big', want => 'pass');
job('768 bits', key => 'small', want => 'policy', why => qr/key of 768 bits is too short/);
job('rsa-sha1', key => 'sha1', want => 'policy', why => qr/rsa-sha1/);
job('with l=', length => 1, want => 'pass');
job('l=, text added', length => 1, change => sub { $_[0] . "Added.\r\n" }, want => 'policy',
    why => qr/only \d+ of \d+ octets/);
job('body changed', change => sub { $_[0] =~ s/Hello/Hallo/r }, want => 'fail', why => qr/body hash/);
job('Subject changed', change => sub { $_[0] =~ s/hello/hallo/r }, want => 'fail', why => qr/header fields/);
job('text added', change => sub { $_[0] . "Added.\r\n" }, want => 'fail', why => qr/body hash/);
# dkimpy signs From once more than it stands there; others do not, and then a second one goes unnoticed.
job('From added', change => sub { "From: boss\@d.example\r\n$_[0]" }, want => 'fail', why => qr/header fields/);
job('From added, not oversigned', change => sub { "From: boss\@d.example\r\n$_[0]" }, headers => [qw(from subject)],
    want => 'pass');
job('key revoked', selector => 'revoked', want => 'permerror', why => qr/revoked/);
job('no key', selector => 'absent', want => 'permerror', why => qr/NXDOMAIN/);
job('DNS trouble', selector => 'broken', want => 'temperror', why => qr/SERVFAIL|TIMEOUT/);
job('several keys', selector => 'two', want => 'permerror', why => qr/several key records/);

my ($records, @signed) = Bailey::Test::Dkim::sign(
    { rsa => 'rsa-2048', ed => 'ed25519', sha1 => 'rsa-2048', small => 'rsa-768', big => 'rsa-4096' }, @jobs);
$_->{text} = ($_->{change} // sub { $_[0] })->(shift @signed) for @jobs;

my $house = Bailey::Test->new;
my $by_opendkim;
($records->{od}, $by_opendkim) = Bailey::Test::Opendkim::signer($house->folder, domain => 'd.example', selector => 'od');
for my $canon (@canons) {
	my @names = sort keys %message;
	my %text;
	@text{@names} = $by_opendkim->($canon, @message{@names});
	push @jobs, { name => "opendkim: $_, $canon", text => $text{$_}, want => 'pass' } for @names;
	push @jobs, { name => "opendkim: body changed, $canon", text => $text{plain} =~ s/Hello/Hallo/r, want => 'fail', why => qr/body hash/ };
	push @jobs, { name => "opendkim: Subject changed, $canon", text => $text{plain} =~ s/hello/hallo/r, want => 'fail', why => qr/header fields/ };
}
my $txt = sub { Bailey::Test::Dkim::txt($records->{$_[0]}) };
$house->dns(
	zones => [ join "\n", '$ORIGIN d.example.', '@ SOA ns hostmaster 1 3600 600 86400 60', 'mail A 192.0.2.10',
	    (map { "$_._domainkey TXT " . $txt->($_) } sort keys %$records),
	    'revoked._domainkey TXT "v=DKIM1; p="',
	    'two._domainkey TXT ' . $txt->('rsa'), 'two._domainkey TXT ' . $txt->('big'), '' ],
	rules => "rule broken._domainkey.d.example * rcode SERVFAIL\n",
	reverse => { '192.0.2.10' => 'mail.d.example' },
);
my $daemon = $house->bailey('author { from-multiple = "pass" }');

# dkim=WORD and its comment, from a field
sub result { my ($field) = @_; return $field =~ /\bdkim=(\w+)\s*(?:\(((?:[^()\\]|\\.)*)\))?/ ? ($1, $2 // '') : ('', '') }

# mtaclient writes folds as \n and \t.
sub unfold { my ($field) = @_; return $field =~ s/\\n\\t/ /gr }

sub check {
	my ($job, $field) = @_;
	my ($word, $why) = result($field =~ s/\n\s+/ /gr);
	is($word, $job->{want}, $job->{name}) or diag($field);
	like($why, $job->{why}, "$job->{name}: why") if $job->{why};
	return;
}

subtest 'straight from an MTA' => sub {
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	$mta->do('open', 'connect mail.d.example 192.0.2.10 25', 'helo mail.d.example');
	# Every border between octets for small ones, few commands for the long one.
	for my $job (@jobs) {
		$mta->do('mail <joe@d.example>', 'rcpt <b@example.org>',
		    Bailey::Test::Dkim::commands($job->{text}, length $job->{text} > 10_000 ? 4001 : 1));
		check($job, unfold(($mta->headers)[0]));
	}
	# A body that does not end in CRLF gets one (RFC 6376 3.4.3).
	my ($plain) = grep { $_->{name} eq 'plain, simple/simple' } @jobs;
	for my $text ($plain->{text} =~ s/\r\n\z//r) {
		$mta->do('mail <joe@d.example>', 'rcpt <b@example.org>', Bailey::Test::Dkim::commands($text, 7));
		check($plain, unfold(($mta->headers)[0]));
	}
	# No body at all, not even EOH's empty line, and no BODY command.
	my ($none) = grep { $_->{name} eq 'empty body, simple/simple' } @jobs;
	$mta->do('mail <joe@d.example>', 'rcpt <b@example.org>', grep { !/^body/ } Bailey::Test::Dkim::commands($none->{text}, 9));
	check($none, unfold(($mta->headers)[0]));
};

# The most memory the daemon ever had, in KB.
sub peak { my ($kb) = slurp('/proc/' . $daemon->process->pid . '/status') =~ /^VmHWM:\s*(\d+)/m; return $kb }

SKIP: {
	# Sanitizers keep what is freed.
	skip('no /proc, or a sanitizer', 1) if !-r '/proc/self/status' || slurp(Bailey::Test::Daemon::program()) =~ /__(?:a|t)san_init/;
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	my ($job) = grep { $_->{name} eq 'l=, text added' } @jobs;
	my @commands = Bailey::Test::Dkim::commands($job->{text}, 60000);
	my @message = ('mail <joe@d.example>', 'rcpt <b@example.org>', @commands[0 .. $#commands - 1]);
	$mta->do('open', 'connect mail.d.example 192.0.2.10 25', 'helo mail.d.example', @message, 'body \{50000*x}\r\n', 'eom');
	my $small = peak();
	$mta->do(@message, ('body \{50000*x}\r\n') x 1000, 'eom');
	like(($mta->headers)[0], qr/dkim=policy/, 'a message of 50 MB is verified');
	cmp_ok(peak() - $small, '<', 1024, 'and takes no more memory than one of 50 KB');
	# Nor is a line kept until its end.
	$mta->do(@message, ('body \{50000*x}') x 1000, 'eom');
	like(unfold(($mta->headers)[0]), qr/dkim=policy \(only 8 of 50000018/, 'nor does a line of 50 MB');
	cmp_ok(peak() - $small, '<', 4096, 'take much more');
}

SKIP: {
	skip_unless_ci(Bailey::Test::why_not()) if Bailey::Test::why_not();
	# XCLIENT does not tell Postfix that a client is a stranger, whose header is left as it is.
	$house->postfix(local_header_rewrite_clients => '');
	subtest 'through Postfix' => sub {
		my $smtp = $house->client('192.0.2.10');
		$smtp->ehlo('mail.d.example');
		for my $job (@jobs) {
			my $text = $house->delivered($smtp->send(from => 'joe@d.example', message => $job->{text}));
			check($job, (Bailey::Test::Postfix::fields($text // '', 'Authentication-Results'))[0] // '');
		}
	};
}

done_testing;
