#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Mail that is signed in one site, by Postfix or Sendmail with Bailey, travels
# by SMTP to another one, whose Bailey says dkim=pass dmarc=pass; dkimpy, which
# shares no code with either, agrees.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Dkim;
use Bailey::Test::Forged;
use Bailey::Test::Tools;
use Test::More;

for my $why (grep { defined } Bailey::Test::why_not(), Bailey::Test::Sendmail::why_not(),
    Bailey::Test::Dkim::why_not()) {
	die "$why\n" if $ENV{CI};
	plan skip_all => $why;
}

my @domains = qw(one.example two.example three.example);
my (%house, %keys);	# by domain
$house{$_} = Bailey::Test->new(in => '/run') for @domains;
my %records = map { keygen($_) } @domains;

for my $domain (@domains) {
	my $house = $house{$domain};
	$house->dns(zones => [ map { zone($_) } @domains ], reverse => { '127.0.0.1' => "mx.$domain" });
	$house->bailey(join "\n", qq(authserv-id = "mx.$domain"), qq(local-domains = { "$domain" }),
	    'helo { mode = "off" }', sign($domain));
}
my $routes = $house{'one.example'}->folder . '/routes';
spew($routes, '');
my $one = $house{'one.example'}->postfix(site('one.example'), transport_maps => "texthash:$routes");
my $two = $house{'two.example'}->postfix(site('two.example'), relayhost => '[127.0.0.1]:' . $one->port);
spew($routes, 'two.example smtp:[127.0.0.1]:' . $two->port . "\n");
my $three = $house{'three.example'}->sendmail(name => 'mx.three.example', domain => 'three.example',
    next => $two->port, mc => 'FEATURE(`promiscuous_relay\')');

my @text = (
	plain => "Subject: plain\n\nHello.\n",
	folded => "Subject: a \t long\n\t subject\n  of three lines\nReply-To: (nobody)\n\tjoe\@\@\n"
	    =~ s/joe\@\@/joe\@one.example/r . "\nHello.\n",
	'8-bit' => "Subject: J\xc3\xb6\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
	    . "Content-Transfer-Encoding: 8bit\n\nJ\xc3\xb6.\n",
	'spaces and empty lines' => "Subject: x\n\n a \t b  \n\t\n..\n.\n \n\n\n",
	'no body' => "Subject: x\n\n",
	long => "Subject: x\n\n" . ('A line like any other, and many of them.' . "\n") x 4000,
);

subtest 'from Postfix to Postfix' => sub {
	while (my ($name, $text) = splice @text, 0, 2) {
		my $found = travel(login('one.example'), 'one.example', 'two.example', $text);
		arrived($found, 'one.example', $name, 'mx.two.example');
	}
};

subtest 'and back' => sub {
	my $found = travel(login('two.example'), 'two.example', 'one.example', "Subject: back\n\nHello.\n");
	arrived($found, 'two.example', 'back', 'mx.one.example');
};

subtest 'from a program on this host' => sub {
	my $mark = mark();
	ok($one->sendmail("From: root\@one.example\nTo: joe\@two.example\nX-Mark: $mark\n\nHello.\n",
		'-f', 'root@one.example', 'joe@two.example'), 'sendmail(1) takes it');
	my $found = find('two.example', $mark);
	arrived($found, 'one.example', 'from sendmail(1)', 'mx.two.example');
	like($found, qr/^Date: /m, 'what Postfix added is there');
};

for my $canon (qw(relaxed/relaxed simple/simple)) {
	subtest "from Sendmail to Postfix, $canon" => sub {
		ok($house{'three.example'}->bailey->reload(join "\n", 'authserv-id = "mx.three.example"',
			'trusted-networks = { "127.0.0.7" }', sign('three.example', $canon)), 'reload');
		my %how = (
			'on standard input' => sub { $three->session },
			'by SMTP' => sub { $house{'three.example'}->client('127.0.0.7') },
		);
		for my $how (sort keys %how) {
			my $smtp = $how{$how}->();
			$smtp->ehlo('client.three.example');
			my $found = travel($smtp, 'three.example', 'two.example',
			    "Subject: a\n\t folded \t one\n\nHello,\n \t there  \n\n\n");
			arrived($found, 'three.example', $how, 'mx.two.example');
		}
		# Sendmail adds a Date behind our back.
		my $smtp = $three->session;
		$smtp->ehlo('localhost');
		my $mark = mark();
		like($smtp->send(from => 'joe@three.example', to => ['jim@two.example'],
			message => "From: joe\@three.example\nX-Mark: $mark\n\nHello.\n"), qr/^250 /, 'no Date');
		my $found = find('two.example', $mark);
		like($found, qr/^Date: /m, 'Sendmail adds one');
		arrived($found, 'three.example', 'without Date', 'mx.two.example');
	};
}

subtest 'forged results go from what we sign, too' => sub {
	my $found = travel(login('one.example'), 'one.example', 'one.example',
	    join '', map({ "Authentication-Results:$_\n" =~ s/mx\.example\.org/mx.one.example/gir } @forged[0 .. 4]), "\nx\n");
	unlike($found, qr/forged/, 'none is left');
	like($found, qr/^Authentication-Results: mx\.one\.example; none$/m, 'ours is');
};

subtest 'what is not signed' => sub {
	# Else mail from outside in our name does not even arrive.
	ok($house{'one.example'}->bailey->reload(sign('one.example') . 'dmarc { mode = "off" } helo { mode = "off" }'), 'reload');
	my %case = (
		'from outside' => [ $house{'one.example'}->client('192.0.2.1'), 'joe@one.example' ],
		'another author' => [ login('one.example'), 'joe@elsewhere.example' ],
		'another author, our Sender' => [ login('one.example'), "joe\@elsewhere.example\nSender: joe\@one.example" ],
	);
	for my $name (sort keys %case) {
		my ($smtp, $author) = @{ $case{$name} };
		my $mark = mark();
		like($smtp->send(from => 'joe@one.example', to => ['user@one.example'],
			message => "From: $author\nX-Mark: $mark\n\nHello.\n"), qr/^250 /, $name);
		unlike(find('one.example', $mark), qr/^DKIM-Signature/m, "$name: not signed");
	}
};

subtest 'shadow' => sub {
	my $bailey = $house{'one.example'}->bailey;
	ok($bailey->reload(sign('one.example') =~ s/sign \{/sign { mode = "shadow"/r), 'reload');
	my $from = length $bailey->log;
	unlike(travel(login('one.example'), 'one.example', 'one.example', "\nx\n"), qr/^DKIM-Signature/m, 'nothing is signed');
	like($bailey->wait_for_log(qr/event=message/, $from), qr/sign=signed,signed/, 'but it could be');
};

subtest 'the DNS publishes something else' => sub {
	my ($house, $name) = ($house{'one.example'}, 'rsa._domainkey.one.example');
	my $from = length $house->bailey->log;
	$house->dns->change(zones => [ zone('one.example') =~ s/^ed25519.*$//mr =~ s/p=MII/p=MIJ/r ]);
	$house->bailey->stop;
	$house->bailey->start;
	ok($house->bailey->wait_for_log(qr/err: sign: .*one\.example\.rsa\.pem will not verify.* \Q$name\E: another key/, $from),
	    'another key: the log says so');
	ok($house->bailey->wait_for_log(qr/err: sign: .* ed25519\._domainkey\.one\.example: NXDOMAIN/, $from), 'no key, too');
};

done_testing;

# ---- sites

# Makes the keys of a domain; their records by name.
sub keygen {
	my ($domain) = @_;
	my $folder = $house{$domain}->folder . '/keys';
	mkdir $folder or die "$folder: $!\n";
	chmod 0755, $folder or die "$folder: $!\n";
	my %found;
	for my $type (qw(rsa ed25519)) {
		my $said = qx($ENV{TOP_BUILDDIR}/baileyctl dkim-keygen --directory $folder --user nobody --type $type $domain $type);
		my ($name, $record) = $said =~ /^; (\S+) (v=DKIM1; .*)$/m or die "dkim-keygen: $said\n";
		$keys{$domain} .= $said;
		$found{$name} = $record;
	}
	return %found;
}

# What dkim-keygen prints is good in a zone file.
sub zone {
	my ($domain) = @_;
	return <<"END" . $keys{$domain} =~ s/\(\n\t(.*?) \)/$1 =~ s{\n\t}{ }gr/gesr;
\$ORIGIN $domain.
\@ SOA ns hostmaster 1 3600 600 86400 60
\@ MX 10 mx
mx A 127.0.0.1
_dmarc TXT "v=DMARC1; p=reject; adkim=s"
END
}

sub sign {
	my ($domain, $canon) = @_;
	return 'sign { canonicalization = "' . ($canon // 'relaxed/relaxed') . '" key-directory = "'
	    . $house{$domain}->folder . qq(/keys" domain "$domain" { selectors = { "rsa", "ed25519" } } }\n);
}

sub site {
	my ($domain) = @_;
	return (
		myhostname => "mx.$domain",
		virtual_mailbox_domains => $domain,
		mynetworks => '127.0.0.9',
		default_transport => 'smtp',
		smtpd_recipient_restrictions => 'permit_sasl_authenticated, reject_unauth_destination',
		smtpd_sasl_auth_enable => 'yes',
	);
}

sub login {
	my ($domain) = @_;
	my $smtp = $house{$domain}->client('192.0.2.1', LOGIN => "joe\@$domain");
	$smtp->ehlo('laptop.client.example');
	return $smtp;
}

# ---- messages

sub mark { state $n = 0; return 'mark-' . ++$n . '-end' }

# A message from one domain to another; as delivered there.
sub travel {
	my ($smtp, $from, $to, $text) = @_;
	my $mark = mark();
	my $reply = $smtp->send(from => "joe\@$from", to => ["jim\@$to"], message =>
	    "From: Joe <joe\@$from>\nTo: jim\@$to\nDate: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: <$mark\@$from>\n"
	    . "X-Mark: $mark\n$text");
	like($reply, qr/^250 /, 'the message is taken');
	return find($to, $mark);
}

sub find {
	my ($domain, $mark) = @_;
	my $box = $house{$domain}->folder . '/postfix/mail/box/new';
	my $found = wait_until { my ($text) = grep { /\Q$mark\E/ } map { slurp($_) } glob "$box/*"; $text };
	return $found // '';
}

sub arrived {
	my ($message, $from, $name, $id) = @_;
	my ($results) = map { s/\n\s+/ /gr } Bailey::Test::Postfix::fields($message, 'Authentication-Results');
	like($results // '', qr/^ \Q$id\E;/, "$name: arrived");
	is(scalar(() = ($results // '') =~ /\bdkim=pass /g), 2, "$name: dkim=pass, twice");
	like($results // '', qr/dmarc=pass /, "$name: dmarc=pass");
	is_deeply([ Bailey::Test::Dkim::verify(\%records, $message) ],
		[ "pass rsa-sha256 $from rsa", "pass ed25519-sha256 $from ed25519" ], "$name: dkimpy agrees");
	return;
}
