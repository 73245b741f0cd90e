#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# contrib/import-postfix on what both kinds of hardening guide leave in main.cf:
# what it writes is a good configuration, has what was there, and names all
# that it does not have.

use v5.32;
use warnings;
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Ispconfig;
use Bailey::Test::Tools;
use Test::More;

my $top = $ENV{TOP_SRCDIR} // '.';
my $bailey = ($ENV{TOP_BUILDDIR} // '.') . '/bailey';
my $folder = File::Temp->newdir('bailey-XXXXXXXX', TMPDIR => 1);
my %cf = Bailey::Test::Ispconfig::files($folder, '/run/mysqld/mysqld.sock');
spew("$folder/postgrey", qq(# options\nPOSTGREY_OPTS="--inet=10023 --delay=199 --auto-whitelist-clients=5"\n));
spew("$folder/helo_access", "192.0.2.0/24 OK\n");
spew("$folder/clients", "x.example OK\n");

# The configuration made of a main.cf.
sub import {
	my ($main) = @_;
	spew("$folder/main", $main);
	my $text = qx($top/contrib/import-postfix --postgrey=$folder/postgrey <$folder/main 2>&1);
	is($?, 0, 'it runs') or diag($text);
	spew("$folder/conf", $text =~ /^user\b/m ? $text : qq(user = "nobody"\n$text));
	my $said = qx($bailey -t -c $folder/conf 2>&1);
	is($?, 0, 'what it writes is a good configuration') or diag($said, $text);
	return $text;
}

sub has {
	my ($text, @lines) = @_;
	for my $line (@lines) {
		my $pattern = join '\s+', map { quotemeta } split ' ', $line;
		like($text, qr/^\s*$pattern$/m, $line);
	}
	return;
}

# Each word of the restrictions is somewhere, taken over or not.
sub all_named {
	my ($main, $text) = @_;
	for my $value ($main =~ /^smtpd_\w+_restrictions = (.*)$/mg) {
		my @missing = grep { index($text, $_) < 0 } split /[\s,]+/, $value;
		is("@missing", '', 'every restriction is named');
	}
	return;
}

subtest 'the plain guide' => sub {
	my $main = <<'END';
myhostname = mail.example.org
mydestination = $myhostname, example.org, localhost.localdomain, localhost
mynetworks = 127.0.0.0/8 [::1]/128 198.51.100.0/24
recipient_delimiter = +
smtpd_helo_required = yes
smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, reject_invalid_hostname, reject_unauth_pipelining, reject_rbl_client zen.spamhaus.org, reject_rbl_client bl.spamcop.net=127.0.0.2, check_policy_service inet:127.0.0.1:10023, permit
END
	my $text = import($main);
	has($text,
		'trusted-networks = { "127.0.0.0/8", "::1/128", "198.51.100.0/24" } # mynetworks',
		'local-domains = { "mail.example.org", "example.org" } # mydestination and its like',
		'invalid = "reject" # reject_invalid_hostname',
		'zone "zen.spamhaus.org" { weight = 5 } # reject_rbl_client zen.spamhaus.org',
		'zone "bl.spamcop.net" { answers = "127.0.0.2" weight = 5 } # reject_rbl_client bl.spamcop.net=127.0.0.2',
		'apply = "all" # check_policy_service inet:127.0.0.1:10023',
		'delay = 199s # postgrey --delay',
		'auto-allow-after = 5 # postgrey --auto-whitelist-clients',
		'# reject_unauth_pipelining: stays in main.cf: it is Postfix who knows');
	unlike($text, qr/^access/m, 'no tables, no section');
	all_named($main, $text);
};

subtest 'ISPConfig' => sub {
	plan skip_all => Bailey::Test::Ispconfig::why_not() if Bailey::Test::Ispconfig::why_not();
	my $main = <<"END";
mydestination = mail.example.org, localhost
mynetworks = 127.0.0.0/8 [::1]/128
virtual_mailbox_domains = proxy:mysql:/etc/postfix/mysql-virtual_domains.cf
smtpd_restriction_classes = greylisting
greylisting = check_policy_service inet:127.0.0.1:10023
smtpd_milters = inet:localhost:11332
smtpd_client_restrictions = check_client_access proxy:mysql:$cf{virtual_client}, permit_inet_interfaces, permit_mynetworks, permit_sasl_authenticated, reject_rbl_client zen.spamhaus.org, reject_unauth_pipelining, reject_unknown_client_hostname, permit
smtpd_helo_restrictions = permit_mynetworks, check_helo_access regexp:/etc/postfix/helo_access, permit_sasl_authenticated, reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, check_helo_access regexp:/etc/postfix/blacklist_helo, reject_unknown_helo_hostname, permit
smtpd_sender_restrictions = check_sender_access proxy:mysql:$cf{virtual_sender}, check_sender_access regexp:/etc/postfix/tag_as_originating.re, permit_mynetworks, permit_sasl_authenticated, reject_non_fqdn_sender, reject_unlisted_sender, check_sender_access regexp:/etc/postfix/tag_as_foreign.re
smtpd_recipient_restrictions = permit_mynetworks, reject_unknown_recipient_domain, reject_unlisted_recipient, permit_sasl_authenticated, reject_non_fqdn_recipient, reject_unauth_destination, check_recipient_access proxy:mysql:$cf{virtual_recipient}, check_recipient_access proxy:mysql:$cf{virtual_policy_greylist}, check_policy_service unix:private/quota-status
END
	my $text = import($main);
	has($text,
		qq(table "mysql:$cf{virtual_client}" { for = { "client" } } # check_client_access proxy:mysql:$cf{virtual_client}),
		qq(table "mysql:$cf{virtual_sender}" { for = { "sender" } unproven = yes } # check_sender_access proxy:mysql:$cf{virtual_sender}),
		qq(table "mysql:$cf{virtual_recipient}" { for = { "recipient" } } # check_recipient_access proxy:mysql:$cf{virtual_recipient}),
		'none = "tempfail" # reject_unknown_client_hostname',
		'fail = "tempfail" # reject_unknown_client_hostname',
		'not-fqdn = "reject" # reject_non_fqdn_helo_hostname',
		'unresolvable = "tempfail" # reject_unknown_helo_hostname',
		'not-fqdn = "reject" # reject_non_fqdn_sender',
		qq(recipients-table = "mysql:$cf{virtual_policy_greylist}" # check_recipient_access proxy:mysql:$cf{virtual_policy_greylist}),
		'# check_helo_access regexp:/etc/postfix/helo_access: no tables of type regexp here; write a file: of addresses, names and networks',
		'# check_policy_service unix:private/quota-status: another policy service: stays in main.cf');
	all_named($main, $text);
};

subtest 'other things' => sub {
	my $text = import(<<"END");
postscreen_dnsbl_sites = zen.spamhaus.org*3, bl.spamcop.net=127.0.0.2*2, list.dnswl.org=127.0.[0..255].[1..3]*-4
postscreen_dnsbl_threshold = 3
postscreen_dnsbl_action = enforce
unknown_client_reject_code = 554
parent_domain_matches_subdomains = debug_peer_list
smtpd_client_restrictions = check_client_access cidr:$folder/helo_access, warn_if_reject reject_unknown_client_hostname, reject_unknown_reverse_client_hostname
smtpd_recipient_restrictions = check_policy_service unix:private/policyd-spf,
  check_client_access texthash:$folder/clients, some_new_restriction
END
	has($text,
		'sites = "zen.spamhaus.org*3 bl.spamcop.net=127.0.0.2*2 list.dnswl.org=127.0.[0..255].[1..3]*-4" # postscreen_dnsbl_sites',
		'reject-at = 3 # postscreen_dnsbl_threshold',
		'none = "reject" # reject_unknown_reverse_client_hostname',
		'fail = "reject" # as policyd-spf rejects',
		qq(table "file:$folder/helo_access" { for = { "client" } } # check_client_access cidr:$folder/helo_access),
		'parent-domains = "dotted" # parent_domain_matches_subdomains without smtpd_access_maps',
		'# some_new_restriction: no equivalent');
	like($text, qr/cidr:\S+helo_access: here the longest network .* counts/, 'the order in a cidr: table');
	like($text, qr/#\s+warn_if_reject reject_unknown_client_hostname: not taken over/, 'warn_if_reject');
};

subtest 'what is trusted' => sub {
	my $text = import(<<'END');
mynetworks = !192.0.2.7, 192.0.2.0/24, [::ffff:127.0.0.0]/104, /etc/postfix/networks
relay_domains = $mydestination, !bad.example.org, example.org, hash:/etc/postfix/relay
smtpd_recipient_restrictions = check_policy_service { unix:private/policyd-spf, timeout=10s }, permit
END
	has($text,
		'trusted-networks = { "127.0.0.0/8", "::1/128", "192.0.2.0/24", "::ffff:127.0.0.0/104" } # mynetworks',
		'local-domains = { "example.org" } # mydestination and its like',
		'fail = "reject" # as policyd-spf rejects',
		(map { "# $_: tables and files are not read: name the networks or domains yourself" } '/etc/postfix/networks', 'hash:/etc/postfix/relay'),
		map { "# $_: exceptions are not known here: take out what is around it, and name the rest of that" } '!192.0.2.7', '!bad.example.org');
};

is(system("$top/contrib/import-postfix </dev/null >$folder/none 2>&1") >> 8 != 0, 1, 'nothing is no configuration');
is(system("echo nonsense | $top/contrib/import-postfix >$folder/none 2>&1") >> 8 != 0, 1, 'nor is nonsense');

done_testing;
