#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The next filter behind us: SpamAssassin, with the lines of contrib, reads our
# Authentication-Results, and only ours.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Tools;
use Test::More;

if (my $why = Bailey::Test::why_not() // (-x '/usr/bin/spamassassin' ? undef : 'needs SpamAssassin')) {
	die "$why\n" if $ENV{CI};
	plan skip_all => $why;
}

my $house = Bailey::Test->new;
my $folder = $house->folder;
$house->dns(
	zones => ["\$ORIGIN client.example.\n\@ SOA ns hostmaster 1 3600 600 86400 60\n"
	    . "\@ TXT \"v=spf1 ip4:192.0.2.10 -all\"\n_dmarc TXT \"v=DMARC1; p=none\"\nmail A 192.0.2.10\n"],
	reverse => { '192.0.2.10' => 'mail.client.example', '192.0.2.20' => 'mail.client.example' },
);
$house->bailey('spf { no-mail = "suspect" }');
mkdir "$folder/sa";
spew("$folder/sa/init.pre", "loadplugin Mail::SpamAssassin::Plugin::Check\n");
spew("$folder/sa/local.cf", slurp("$ENV{TOP_SRCDIR}/contrib/spamassassin.cf") . "required_score 5\ndns_available no\n"
    . "clear_report_template\nadd_header all Status _TESTS_\n");

is_deeply([ judged('192.0.2.10') ], ['BAILEY_DMARC_PASS'], 'our dmarc=pass counts');
is_deeply([ judged('192.0.2.20') ], [qw(BAILEY_DMARC_FAIL BAILEY_SPF_FAIL)], 'and spf=fail and dmarc=fail');
is_deeply([ judged('192.0.2.20', 'Authentication-Results: mx.example.org; dmarc=pass; dkim=pass header.d=client.example') ],
	[qw(BAILEY_DMARC_FAIL BAILEY_SPF_FAIL)], 'a forged pass does not');
is_deeply([ judged('192.0.2.20', 'Authentication-Results: elsewhere.example; dmarc=pass') ],
	[qw(BAILEY_DMARC_FAIL BAILEY_SPF_FAIL)], "nor somebody else's");

done_testing;

# Rules of ours that hit the message from this client.
sub judged {
	my ($client, @fields) = @_;
	my $smtp = $house->client($client);
	$smtp->ehlo('mail.client.example');
	my $text = $house->delivered($smtp->send(message => Bailey::Test::Smtp::message(@fields)));
	spew("$folder/message", $text // '');
	my $said = qx(spamassassin --local --siteconfigpath=$folder/sa --configpath=$folder/sa --prefspath=$folder/none --nocreate-prefs <$folder/message 2>&1);
	my ($tests) = $said =~ /^X-Spam-Status: (.*(?:\n[ \t].*)*)/m;
	return sort(($tests // $said) =~ /\b(BAILEY_\w+)/g);
}
