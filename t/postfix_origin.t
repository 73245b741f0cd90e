#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Where mail comes from, as Postfix shows it: a real login, bounces, and what a
# content filter gives back.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Forged;
use Bailey::Test::Login;
use Bailey::Test::Tools;
use MIME::Base64;
use Test::More;

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

my $house = Bailey::Test->new;
my $folder = $house->folder;
mkdir "$folder/keys";
chmod 0755, "$folder/keys";
system("$ENV{TOP_BUILDDIR}/baileyctl dkim-keygen --directory $folder/keys --user nobody --type ed25519 example.org s >/dev/null") == 0
    or die "dkim-keygen fails\n";
my $login = Bailey::Test::Login->new("$folder/auth", 'joe@example.org' => 'secret');

$house->dns(zones => ["\$ORIGIN client.example.\n\@ SOA ns hostmaster 1 3600 600 86400 60\n"]);
$house->bailey(conf());
$house->postfix(
	smtpd_sasl_auth_enable => 'yes',
	smtpd_sasl_type => 'dovecot',
	smtpd_sasl_path => "$folder/auth",
	smtpd_recipient_restrictions => 'permit_sasl_authenticated, reject_unauth_destination',
	internal_mail_filter_classes => 'bounce',
);

subtest 'a login' => sub {
	my $smtp = $house->client('192.0.2.1');
	# Says what only we may say from outside.
	$smtp->ehlo('mx.example.org');
	like($smtp->say('AUTH PLAIN ' . encode_base64("\0joe\@example.org\0wrong", '')), qr/^535 /, 'that fails');
	like($smtp->send, qr/^550 5\.7\.1 HELO/, 'changes nothing');
	$smtp->say('RSET');
	like($smtp->say('AUTH PLAIN ' . encode_base64("\0joe\@example.org\0secret", '')), qr/^235 /, 'that succeeds');
	my ($fact, $text) = sent($smtp, from => 'joe@example.org',
		message => "Authentication-Results:$forged[0]\nFrom: joe\@example.org\n\nHello.\n");
	is($fact->{origin}, 'authenticated', 'makes all the difference');
	is($fact->{user}, 'joe@example.org', 'the log knows who it is');
	is($fact->{sign}, 'signed', 'the message is signed');
	is_deeply([ results($text) ], [" mx.example.org; none\n"], 'and carries no forged result');
};

subtest 'a login that may be told' => sub {
	ok($house->bailey->reload("report-login = yes\n" . conf()), 'reload');
	my $smtp = $house->client('192.0.2.1');
	$smtp->ehlo('laptop');
	$smtp->say('AUTH PLAIN ' . encode_base64("\0joe\@example.org\0secret", ''));
	my (undef, $text) = sent($smtp, from => 'joe@example.org');
	is_deeply([ results($text) ], [" mx.example.org;\n\tauth=pass smtp.auth=joe\@example.org\n"], 'is told');
	(undef, $text) = sent(client('192.0.2.1'));
	unlike((results($text))[0], qr/auth=/, 'of others there is none to tell');
	ok($house->bailey->reload(conf()), 'back');
};

subtest 'a bounce' => sub {
	my $from = length $house->bailey->log;
	ok($house->postfix->sendmail("From: joe\@example.org\nSubject: x\n\nHello.\n", '-f', 'joe@example.org',
		'nobody@elsewhere.example'), 'mail that cannot be sent');
	my $fact = Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=message.* from=<>/, $from) // '');
	is($fact->{origin}, 'local', 'comes back, from us');
	is($fact->{sign}, 'signed', 'and is signed');
	like($house->postfix->message($fact->{queue}), qr/^From: .*MAILER-DAEMON\@mx\.example\.org/mi,
	    'as from the host itself');
};

subtest 'a content filter' => sub {
	$house->postfix->stop;
	# The filter does nothing: its way back is what is tried.
	$house->postfix(
		content_filter => sub { 'smtp:[127.0.0.1]:' . ($_[0] + 1) },
		listener => sub { my ($port) = @_; return "127.0.0.1:$port inet n - n - - smtpd\n"
		    . '127.0.0.1:' . ($port + 1) . " inet n - n - - smtpd\n" . reinjection() },
	);
	my $from = length $house->bailey->log;
	my $reply = client('192.0.2.1')->send(message => "From: a\@client.example\nX-Mark: filtered\n\nHello.\n");
	like($reply, qr/^250 /, 'the message is taken');
	my $text = found('filtered');
	is(scalar(() = $text =~ /^Received: /mg), 2, 'and has been there twice');
	is(scalar results($text), 1, 'with the results of the first time');
	like((results($text))[0], qr/iprev=permerror/, 'which are those of the client');
	is(scalar(() = substr($house->bailey->log, $from) =~ /event=message/g), 1, 'it was looked at once');
};

$house->bailey->stop;
is($house->bailey->process->status, 0, 'Bailey stops cleanly');
done_testing;

sub conf {
	return <<"END";
local-domains = { "example.org" }
sign { key-directory = "$folder/keys" domain "example.org" { selectors = "s" subdomains = "yes" } }
END
}

# The lines of bailey(8) for the port where a filter gives mail back.
sub reinjection {
	my ($options) = slurp("$ENV{TOP_SRCDIR}/doc/bailey.8") =~ /^(127\.0\.0\.1:10025 inet .*\n(?: +-o .*\n)+)/m;
	return $options =~ s/\A.*\n//r;
}

# The fact of a message, and its text.
sub sent {
	my ($smtp, %is) = @_;
	my $from = length $house->bailey->log;
	my $text = $house->delivered($smtp->send(%is));
	return Bailey::Test::Daemon::facts($house->bailey->wait_for_log(qr/event=message/, $from) // ''), $text;
}

sub found {
	my ($mark) = @_;
	my $text = wait_until {
		my ($found) = grep { /^X-Mark: $mark$/m } map { slurp($_) } glob "$folder/postfix/mail/box/new/*";
		return $found;
	};
	return $text // '';
}

sub client {
	my ($address) = @_;
	my $smtp = $house->client($address);
	$smtp->ehlo('mail.client.example');
	return $smtp;
}

sub results { my ($text) = @_; return Bailey::Test::Postfix::fields($text // '', 'Authentication-Results') }
