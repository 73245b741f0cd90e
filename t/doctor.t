#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# baileyctl doctor: finds nothing where all is well, and each thing that is not,
# with its remedy.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use IO::Socket::UNIX;
use JSON::PP;
use Test::More;

my $house = Bailey::Test->new;
my $folder = $house->folder;
my %keys = map { $_ => key_record($_) } qw(example.org.s1 example.net.s1 example.net.weak);
my $cf = "$folder/sendmail.cf";

# --- a site where all is well -------------------------------------------------

my $zones = <<"END";
\$TTL 60
\$ORIGIN example.org.
@ SOA ns hostmaster 1 3600 600 86400 60
@ MX 10 mx
@ TXT "v=spf1 ip4:192.0.2.25 -all"
mx A 192.0.2.25
mx TXT "v=spf1 a -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc\@example.org"
s1._domainkey TXT $keys{'example.org.s1'}
\$ORIGIN example.net.
@ SOA ns hostmaster 1 3600 600 86400 60
@ MX 10 mx.example.org.
@ TXT "v=spf1 redirect=example.org"
_dmarc TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc\@example.org"
s1._domainkey TXT $keys{'example.net.s1'}
weak._domainkey TXT $keys{'example.net.weak'}
\$ORIGIN bl.example.
@ SOA ns hostmaster 1 3600 600 86400 60
2.0.0.127 A 127.0.0.2
2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 A 127.0.0.2
\$ORIGIN names.example.
@ SOA ns hostmaster 1 3600 600 86400 60
test A 127.0.1.2
\$ORIGIN microsoft.com.
@ SOA ns hostmaster 1 3600 600 86400 60
END
$zones .= qq(\@ TXT "@{[ $_ x 200 ]}"\n) for 'a' .. 'h';
my %dns = (zones => [$zones], reverse => { '192.0.2.25' => 'mx.example.org' },
	rules => "rule microsoft.com TXT udp truncate\n");

my $configuration = Bailey::Test::Daemon::quiet(qw(sign dnsbl greylist spf dkim dmarc)) . <<"END";
greylist { delay = "5m" }
dnsbl { zone "bl.example" {} zone "names.example" { names = { "from" } } }
sign { key-directory = "$folder/keys" domain "example.org" { selectors = { "s1" } } domain "example.net" { selectors = { "s1" } } }
END

my %main = (
	compatibility_level => '3.6',
	myhostname => 'mx.example.org',
	mydestination => '$myhostname, localhost.$mydomain, localhost',
	virtual_mailbox_domains => 'example.org example.net',
	virtual_alias_maps => '',
	proxy_interfaces => '192.0.2.25',
	inet_interfaces => '127.0.0.1',
	milter_default_action => 'tempfail',
	milter_protocol => 6,
	non_smtpd_milters => '$smtpd_milters',
);

$house->dns(%dns);
my $daemon = $house->bailey($configuration);
$main{smtpd_milters} = $daemon->socket;
my @doctor = ('doctor', '--postfix', "$folder/etc", '--sendmail', $cf);
mkdir "$folder/etc" or die "$folder/etc: $!\n";

# Parameters, and "smtp" for the line of master.cf.
sub postfix {
	my (%is) = @_;
	my $smtp = delete $is{smtp} // 'smtp inet n - n - - smtpd';
	my %all = (%main, %is);
	spew("$folder/etc/main.cf", join '', map { "$_ = $all{$_}\n" } sort keys %all);
	spew("$folder/etc/master.cf", "$smtp\n");
	# Postfix waits until a file has settled.
	utime time - 60, time - 60, "$folder/etc/main.cf", "$folder/etc/master.cf";
	return;
}

# Zones with one thing other, or rules in front.
sub dns {
	my (%is) = @_;
	my $text = $zones;
	if ($is{change}) {
		my ($from, $to) = @{ $is{change} };
		$text =~ s/$from/$to/m or die "nothing to change: $from\n";
	}
	$house->dns->change(%dns, zones => [ $text . ($is{more} // '') ],
	    rules => ($is{rules} // '') . $dns{rules}, $is{reverse} ? (reverse => $is{reverse}) : ());
	return;
}

# A private key where `sign' looks for it; the strings of its TXT record.
sub key_record {
	my ($name) = @_;
	my $path = "$folder/keys/$name.pem";
	my $bits = $name =~ /weak/ ? 1024 : 2048;
	mkdir "$folder/keys";
	my $public = qx(umask 077; openssl genrsa -out $path $bits 2>/dev/null; openssl rsa -in $path -pubout 2>/dev/null);
	$public =~ s/-----[^-]*-----|\s//g;
	chown scalar(getpwnam 'nobody'), -1, $path if $> == 0;
	return join ' ', map { qq("$_") } "v=DKIM1; k=rsa; p=$public" =~ /(.{1,200})/g;
}

sub sendmail {
	my ($socket, $more) = @_;
	return spew($cf, "V10/Debian\nO InputMailFilters=other, ours\nXother, S=inet:4711\@localhost\n"
	    . "Xours, S=$socket$more\n");
}

sub mta {
	my @message = ('mail <a@example.net>', 'rcpt <b@example.org>', @_, 'eoh', 'eom');
	Bailey::Test::Mta->new($daemon->socket)->do((map { "macro connect $_" } 'j=mx.example.org', 'v=Postfix 3.7.11',
		'{daemon_name}=mx.example.org', '{daemon_addr}=192.0.2.25', '{daemon_port}=25'), 'macro eom i=4d1',
		'open', 'connect c.example 192.0.2.1 25', 'helo c.example', @message);
	return;
}

# --- what it finds ------------------------------------------------------------

sub doctor {
	my ($before, @more) = @_;
	my ($status, $out) = $daemon->ctl('-j', @$before, @doctor, @more);
	return ($status, map { "$_->{level} $_->{about}: $_->{text}" . ($_->{remedy} ? " -> $_->{remedy}" : '') }
	    @{ decode_json($out) });
}

sub finds {
	my ($name, $wanted, %is) = @_;
	my ($got, @lines) = doctor($is{before} // [], @{ $is{arguments} // [] });
	ok((grep { $_ =~ $wanted } @lines), $name) or diag(explain(\@lines));
	is($got, $is{status} // ($wanted =~ /\^fail/ ? 1 : 0), 'and the exit status tells');
	return;
}

# What no machine can promise.
my $beyond_us = qr/^warn (?:disk|clock)/;

subtest 'all is well' => sub {
	postfix();
	sendmail($daemon->socket, ', F=T, T=C:30s;S:30s;R:60s;E:5m');
	mta();
	my ($status, @found) = doctor([]);
	is($status, 0, 'the exit status') or diag(explain(\@found));
	is(scalar(grep { !/^ok/ && $_ !~ $beyond_us } @found), 0, 'nothing is told') or diag(explain(\@found));
	for my $wanted (qr/daemon: answers, version/, qr/store: disk, about \d+ records/, qr/disk: \d+ MB free|disk:/,
	    qr/clock: /, qr/socket: \S+ takes connections/, qr/Postfix: asks unix:/, qr/Sendmail: asks \S+, which it calls ours/,
	    qr/protocol: version 6, all rights/, qr/macros: the mail server sends j, \{daemon_addr\}, \{daemon_port\}, i$/,
	    qr/rivals: none/, qr/resolver: answers, and does not invent names; DNSSEC is not/, qr/DNS over TCP: answers/,
	    qr/large answers: come whole: one of 1600 bytes/, qr/DNS lists: alive: bl\.example, names\.example/,
	    qr/not listed: our addresses and domains/, qr/reverse DNS: 192\.0\.2\.25 is mx\.example\.org, as we greet/,
	    qr/SPF: we may send as: example\.org, example\.net, mx\.example\.org$/,
	    qr/DKIM: the DNS has our keys: s1\._domainkey\.example\.org, s1\._domainkey\.example\.net$/,
	    qr/DMARC: protects example\.org, example\.net$/) {
		ok((grep { /^(?:ok|warn) $wanted/ } @found), "looked at $wanted") or diag(explain(\@found));
	}
	my ($plain, $out) = $daemon->ctl(@doctor);
	like($out, qr/^Mail filter\n  ok   daemon +answers, .*^Mail server\n.*^DNS\n.*^Our name\n.*^\d+ ok, \d+ to look at \(warn\), 0 broken \(fail\)$/ms,
	    'for people, on one page');
	cmp_ok(scalar(split /\n/, $out), '<', 40, 'of few lines');
};

subtest 'mail filter' => sub {
	$daemon->ctl('mode', 'shadow');
	finds('shadow mode', qr/^warn daemon: its mode is shadow.*-> baileyctl mode configured/);
	$daemon->ctl('mode', 'configured');
	my $future = "$folder/bailey/future";
	utime 2e9, 2e9, spew($future, '') or die "$future: $!\n";
	finds('a file of the future', qr/^fail clock: went back: \Q$future\E is of 2033.*-> set the clock/);
	unlink $future;
	$daemon->configure(qq(state-directory = "$folder/missing"\n$configuration));
	finds('no folder for the store', qr/^fail disk: \S+missing: No such file/);
	$daemon->configure($configuration);
};

subtest 'Postfix' => sub {
	postfix(smtpd_milters => 'inet:localhost:11332');
	finds('one that asks another filter',
	    qr/^fail Postfix: does not ask us.*11332 -> main\.cf: smtpd_milters = unix:\S+, inet:localhost:11332$/);
	postfix(smtp => "smtp inet n - n - - smtpd\n -o smtpd_milters=");
	finds('one that does not ask at port 25', qr/^fail Postfix: does not ask us at port 25.*-> master\.cf, service smtp/);
	postfix(smtp => 'smtp inet n - y - - smtpd');
	finds('a socket outside the chroot', qr{^fail Postfix: smtpd runs in the chroot \S+ .*-> bailey\.conf: socket = "unix:\S+; main\.cf: smtpd_milters = unix:/bailey/bailey\.sock$});
	postfix(smtp => 'smtp inet n - - - - smtpd', compatibility_level => 0);
	finds('a chroot that is not spelt out', qr/^fail Postfix: smtpd runs in the chroot/);
	postfix(milter_default_action => 'accept');
	finds('one that fails open', qr/^warn Postfix: lets mail pass unfiltered.*-> main\.cf: milter_default_action = tempfail/);
	postfix(non_smtpd_milters => '');
	finds('own mail unsigned', qr/^warn Postfix: does not show us.*-> main\.cf: non_smtpd_milters = \$smtpd_milters/);
	postfix(milter_command_timeout => '8s');
	finds('an impatient one', qr/^warn Postfix: waits no longer.*-> main\.cf: milter_command_timeout = 16s/);
	SKIP: {
		skip 'only root becomes somebody else', 4 if $> != 0;
		# smtpd sees the folder of the test as /.
		postfix(smtp => 'smtp inet n - y - - smtpd', queue_directory => $folder,
		    smtpd_milters => 'unix:/bailey/socket', non_smtpd_milters => 'unix:/bailey/socket');
		finds('a socket inside the chroot', qr/^ok socket: \S+ takes connections of user postfix from its chroot/);
		finds('and its name there', qr{^ok Postfix: asks unix:/bailey/socket});
		chmod 0700, "$folder/bailey";
		finds('a folder closed to Postfix', qr/^fail socket: \S+ as user postfix in its chroot: Permission denied -> bailey\.conf: socket-group = "postfix"/);
		chmod 0755, "$folder/bailey";
	}
	postfix();
	my @none = map { $_ eq "$folder/etc" ? "$folder/no" : $_ } @doctor;
	my ($status, $out) = $daemon->ctl('-j', @none, '--address', '192.0.2.25', '--domain', 'example.org');
	is($status, 0, 'no Postfix');
	like($out, qr/Our name/, 'the rest is looked at');
};

subtest 'Sendmail' => sub {
	sendmail('inet:1@localhost', '');
	finds('one that asks another filter', qr/^fail Sendmail: does not ask unix:.* -> sendmail\.mc: INPUT_MAIL_FILTER\(`bailey', `S=unix:\S+ F=T, T=C:30s/);
	sendmail('local:' . $daemon->socket =~ s/^unix://r, ', T=R:60s');
	finds('one that fails open', qr/^warn Sendmail: lets mail pass unfiltered.*-> sendmail\.mc: INPUT/);
	sendmail($daemon->socket, ', F=T');
	spew($cf, slurp($cf) =~ s/4711/8893/r);
	finds('a rival', qr/^warn rival: other, S=inet:8893\@localhost judges DMARC, too, before us -> sendmail\.mc, INPUT_MAIL_FILTER: take it out/);
	finds('an impatient one', qr/^warn Sendmail: waits 10 s.*-> sendmail\.mc: INPUT/);
	unlink $cf;
	finds('no file', qr/^warn Sendmail: \S+ cannot be read: No such file/);
	sendmail($daemon->socket, ', F=T, T=C:30s;S:30s;R:60s;E:5m');
};

subtest 'what the MTA sent' => sub {
	my $old = Bailey::Test::Mta->new($daemon->socket);
	$old->do('macro connect v=Postfix 2.5', 'offer 0x3f 0x7f', 'open', 'connect c.example 192.0.2.1 25', 'mail <a@b>', 'rcpt <c@d>', 'eom');
	finds('an old protocol', qr/^warn protocol: version 2: .*simple canon.* -> main\.cf: milter_protocol = 6/);
	finds('no name', qr/^warn macros: j does not come.*authserv-id -> postfix reload: main\.cf names it already$/);
	finds('no port', qr/^warn macros: \{daemon_port\} does not.*465.* -> main\.cf: milter_connect_macros = .* \{daemon_port\}$/);
	finds('no queue id', qr/^warn macros: i does not.* -> postfix reload/);
	$old = Bailey::Test::Mta->new($daemon->socket);
	$old->do('offer 0x100 0x1fffff', 'macro connect v=8.17.1', 'open', 'connect c.example 192.0.2.1 25', 'mail <a@b>', 'rcpt <c@d>', 'eom');
	finds('no rights', qr/^fail protocol: the mail server does not let us add fields/);
	finds('Sendmail', qr/^warn macros: \{daemon_name\} does not.* -> sendmail\.mc: define\(`confMILTER_MACROS_CONNECT', `\{daemon_name\}'\)dnl/, status => 1);
	mta();
	$daemon->stop;
	$daemon->start;
	finds('a daemon nobody has asked', qr/^warn protocol: no mail server has come/);
	mta();
};

subtest 'rivals' => sub {
	for (['smtpd_milters', "inet:localhost:12301, ${\$daemon->socket}", qr/inet:localhost:12301 signs or verifies DKIM, too, before us -> main\.cf, smtpd_milters: take it out; our section sign/],
	    ['smtpd_milters', "${\$daemon->socket}, inet:localhost:8893", qr/inet:localhost:8893 judges DMARC, too, behind us/],
	    ['smtpd_milters', "${\$daemon->socket} unix:/run/rspamd/x", qr/rspamd\S* writes Authentication-Results, too, behind us -> .*another authserv-id/],
	    ['smtpd_recipient_restrictions', 'reject_unauth_destination, check_policy_service inet:127.0.0.1:10023', qr/10023 greylists, too, before us -> main\.cf, smtpd_recipient_restrictions: take it out; .*import-postgrey/],
	    ['smtpd_recipient_restrictions', 'reject_unauth_destination, check_policy_service unix:private/policyd-spf', qr/policyd-spf judges SPF, too/],
	    ['smtpd_client_restrictions', 'reject_rbl_client zen.example, reject_rhsbl_helo dbl.example', qr/Postfix refuses by itself whom zen\.example, dbl\.example lists.* -> main\.cf: take reject_rbl_client out; contrib\/import-postfix/]) {
		my ($parameter, $value, $wanted) = @$_;
		postfix($parameter => $value);
		finds("$parameter = $value", qr/^warn rival: .*$wanted/);
	}
	postfix();
	mta('header X-Greylist: delayed 300 seconds by postgrey at mx.example.org', 'header Received-SPF: pass') for 1, 2;
	my (undef, @lines) = doctor([]);
	ok(!(grep { /^warn rival/ } @lines), 'two traces are not enough');
	mta('header X-Greylist: delayed 300 seconds by postgrey at mx.example.org',
	    'header Authentication-Results: mx.example.org; spf=pass') for 1 .. 3;
	finds('a greylister in front', qr/^warn rival: 5 of the last 6 messages had a X-Greylist of this host/);
	finds('results of our name', qr/^warn rival: 3 of the last 6 messages had a Authentication-Results .*-> .*authserv-id/);
};

subtest 'resolver' => sub {
	dns(rules => "rule * * rcode SERVFAIL\n");
	finds('one that fails', qr/^fail resolver: does not answer: SERVFAIL.*-> see resolver/);
	my (undef, @lines) = doctor([]);
	is(scalar(grep { /^\w+ (?:SPF|DKIM|DMARC|DNS|reverse)/ } @lines), 0, 'and no more is asked of it');
	dns(rules => "rule *.example.com A rcode SERVFAIL\n");
	finds('one that knows no world', qr/^fail resolver: answers, but cannot find out about doctor-\w+\.example\.com \(SERVFAIL\)/);
	dns(more => "\$ORIGIN example.com.\n@ SOA ns hostmaster 1 3600 600 86400 60\n* A 192.0.2.1\n");
	finds('one that invents names', qr/^fail resolver: invents answers .*example\.com -> apt-get install unbound/);
	dns(rules => "rule *.example.com A ad\n");
	finds('one that validates', qr/^ok resolver: .*DNSSEC is validated/);
	dns(rules => "rule *.example.com A tcp empty-tcp-close\n");
	finds('no TCP', qr/^fail DNS over TCP: does not answer.*-> let TCP port 53 through/);
	$daemon->configure($configuration =~ s/^dnsbl .*//mr);
	dns(more => "\$ORIGIN zen.spamhaus.org.\n@ SOA ns hostmaster 1 3600 600 86400 60\n2.0.0.127 A 127.255.255.254\n");
	finds('a public one, without lists of ours', qr/^fail resolver: zen\.spamhaus\.org: the list refuses us: asked through a public resolver.* -> apt-get install unbound/);
	$daemon->configure($configuration);
	dns(rules => "rule microsoft.com TXT rcode SERVFAIL\n");
	finds('no large answers', qr/^fail large answers: are lost: TXT of microsoft\.com: SERVFAIL -> let TCP/);
	dns();
};

subtest 'lists' => sub {
	dns(change => [ qr/^2\.0\.0\.127 A 127\.0\.0\.2/m, '2.0.0.127 A 127.255.255.254' ]);
	finds('a public resolver', qr/^fail DNS list: bl\.example: the list refuses us: asked through a public resolver.* -> mend that, or take bl\.example out/);
	dns(change => [ qr/^2\.0\.0\.127 A.*/m, '' ]);
	finds('a dead list', qr/^fail DNS list: bl\.example: does not list 127\.0\.0\.2/);
	dns(rules => "rule *.bl.example A rcode SERVFAIL\n");
	finds('a silent one', qr/^warn DNS list: bl\.example does not answer/);
	dns(change => [ qr/^2\.0\.0\.127 A.*/m, qq(2.0.0.127 A 127.0.0.2\n25.2.0.192 A 127.0.0.9\n25.2.0.192 TXT "see https://bl.example/x") ]);
	finds('an address of ours', qr/^fail listed: 192\.0\.2\.25 is on bl\.example \(127\.0\.0\.9\) -> .*: see https/);
	dns(change => [ qr/^test A.*/m, "test A 127.0.1.2\nexample.net A 127.0.1.2" ]);
	finds('a domain of ours', qr/^fail listed: example\.net is on names\.example/);
	dns();
	postfix(smtpd_client_restrictions => 'reject_rbl_client dnsbl.sorbs.net=127.0.0.2');
	finds('a list that died long ago', qr/^fail DNS list: Postfix asks dnsbl\.sorbs\.net, which is dead: it was emptied -> main\.cf, smtpd_client_restrictions: take dnsbl\.sorbs\.net out, use zen/);
	postfix();
};

subtest 'name' => sub {
	dns(reverse => {});
	finds('no reverse DNS', qr/^fail reverse DNS: 192\.0\.2\.25 has no name.* -> whoever .* 25\.2\.0\.192\.in-addr\.arpa\. PTR mx\.example\.org\.$/);
	dns(reverse => { '192.0.2.25' => 'mx.example.net' });
	finds('one that leads nowhere', qr/^fail reverse DNS: 192\.0\.2\.25 is called mx\.example\.net, which does not have that address/);
	dns(reverse => { '192.0.2.25' => 'a.example.org' }, change => [ qr/^mx A .*/m, "mx A 192.0.2.25\na A 192.0.2.25" ]);
	finds('another name than we greet with', qr/^warn reverse DNS: 192\.0\.2\.25 is a\.example\.org, but we greet as mx\.example\.org/);
	dns(change => [ qr/^mx A .*/m, '' ]);
	finds('a greeting without address', qr/^fail greeting: mx\.example\.org has no A record -> the zone of .*: mx\.example\.org\. A 192\.0\.2\.25$/);
	dns(change => [ qr/^mx A .*/m, 'mx A 192.0.2.26' ]);
	finds('with another address', qr/^warn greeting: mx\.example\.org does not have the address 192\.0\.2\.25/, status => 1);
	dns();
	postfix(myhostname => 'localhost');
	finds('no full name', qr/^fail greeting: the name of this server, "localhost", is not a full/);
	postfix(proxy_interfaces => '');
	finds('addresses of the command line', qr/^fail reverse DNS: 192\.0\.2\.77 has no name/, arguments => ['--address', '192.0.2.77']);
	finds('an IPv6 address', qr/^fail reverse DNS: 2001:db8::25 has no name .*ip6\.arpa\. PTR mx/, arguments => ['--address', '2001:db8::25']);
	postfix();
	is(($daemon->ctl(@doctor, '--address', 'x'))[0], 2, 'an address that is none');
	is(($daemon->ctl(@doctor, '--domain', 'x..y'))[0], 2, 'a domain that is none');
};

subtest 'SPF' => sub {
	# Where it has none, what redirects there is broken.
	for ([ '"v=spf1 a:mx2.example.org -all"', qr/^fail SPF: example\.org says fail to mail from 192\.0\.2\.25, by -all -> example\.org\. TXT "v=spf1 ip4:192\.0\.2\.25 a:mx2\.example\.org -all"$/ ],
	    [ '"v=spf1 ~all"', qr/^warn SPF: example\.org says softfail/ ],
	    [ '"nothing"', qr/^warn SPF: example\.org has none -> example\.org\. TXT "v=spf1 ip4:192\.0\.2\.25 -all"$/, 1 ],
	    [ '"v=spf1 ipv4:192.0.2.25 -all"', qr/^fail SPF: example\.org is broken: .* -> mend the TXT record/ ],
	    [ '"v=spf1' . join('', map { " a:h$_.example.org" } 1 .. 3) . ' mx -all"', qr/^fail SPF: example\.org is broken/ ],
	    [ '"v=spf1' . ' a:mx2.example.org' x 8 . ' a:mx.example.org -all"', qr/^warn SPF: example\.org takes 9 of 10 look-ups/ ]) {
		my ($record, $wanted, $status) = @$_;
		dns(change => [ qr/^@ TXT "v=spf1 ip4.*/m, "@ TXT $record\nmx2 A 192.0.2.26" ]);
		finds($record, $wanted, defined $status ? (status => $status) : ());
	}
	dns(change => [ qr/^@ MX 10 mx$/m, '@ MX 0 .' ]);
	finds('a null MX', qr/^fail MX: example\.org says that it takes no mail.* -> example\.org\. MX 10 mx\.example\.org\.$/);
	dns(change => [ qr/^@ MX 10 mx$/m, '' ]);
	finds('no MX', qr/^fail MX: example\.org has neither MX nor address.* -> example\.org\. MX 10 mx/);
	dns();
	postfix(virtual_mailbox_domains => 'example.org hash:/etc/domains');
	finds('domains in tables', qr/^ok domains: looked at 2; others stand in tables.* -> baileyctl doctor --domain/);
	postfix(virtual_mailbox_domains => join ' ', map { "d$_.example.org" } 1 .. 30);
	finds('too many domains', qr/^ok domains: looked at 20; others/, status => 1);
	postfix();
	finds('domains of the command line', qr/^warn SPF: example\.edu has none/, arguments => ['--domain', 'Example.EDU'], status => 1);
};

subtest 'DKIM and DMARC' => sub {
	dns(change => [ qr/^s1\._domainkey TXT .*/m, '' ]);
	finds('no key', qr/^fail DKIM: signatures by \S+example\.org\.s1\.pem do not verify: .* -> s1\._domainkey\.example\.org\. TXT "v=DKIM1; k=rsa; p=\w+/);
	dns(change => [ qr/^s1\._domainkey TXT .*/m, "s1._domainkey TXT $keys{'example.net.s1'}" ]);
	finds('another key', qr/^fail DKIM: .* the DNS has another key at s1\._domainkey\.example\.org/);
	dns(change => [ qr/^s1\._domainkey TXT "v=DKIM1;/m, 's1._domainkey TXT "v=DKIM1; t=y;' ]);
	finds('a test', qr/^warn DKIM: s1\._domainkey\.example\.org says t=y.* -> take t=y out/);
	dns();
	$daemon->configure($configuration =~ s/(example\.net" \{ selectors = \{ ")s1/$1weak/r);
	finds('a short key', qr/^warn DKIM: weak\._domainkey\.example\.net has only 1024 bits.* -> baileyctl dkim-keygen example\.net/);
	$daemon->configure($configuration =~ s/ domain "example\.net".*/ }/r);
	finds('a domain without one', qr/^warn DKIM: we have no key to sign with for example\.net -> baileyctl dkim-keygen example\.net,/);
	$daemon->configure($configuration);
	for ([ '', qr/^warn DMARC: example\.org has none.* -> _dmarc\.example\.org\. TXT "v=DMARC1; p=none; rua=mailto:postmaster\@example\.org"/ ],
	    [ '"v=DMARC1; p=none; rua=mailto:a@example.org"', qr/^warn DMARC: example\.org: p=none.* -> _dmarc\.example\.org: p=quarantine/ ],
	    [ '"v=DMARC1; p=reject"', qr/^warn DMARC: example\.org has p=reject, but no reports.* -> _dmarc\.example\.org: rua=/ ],
	    [ '"v=DMARC1; p=reject; t=y; rua=mailto:a@example.org"', qr/^warn DMARC: example\.org: t=y lowers p=reject/ ],
	    [ '"v=DMARC1; p=rejekt; rua=mailto:a@example.org"', qr/^fail DMARC: _dmarc\.example\.org has no valid policy/ ],
	    [ '"DMARC1; p=reject"', qr/^fail DMARC: _dmarc\.example\.org has a TXT record that is not one valid policy/ ]) {
		my ($record, $wanted) = @$_;
		dns(change => [ qr/^_dmarc TXT .*/m, $record ? "_dmarc TXT $record" : '' ]);
		finds($record || 'none', $wanted);
	}
	dns();
};

subtest 'a daemon in trouble' => sub {
	my $path = "$folder/played";
	my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die "$path: $!\n";
	my %says = (
		status => { ok => JSON::PP::true, mode => 'enforce', version => '0.0.1', receipts_lost => 7, no_store => 'Read-only file system',
			services => [ { name => 'bl.example', good => JSON::PP::false, text => 'does not answer' } ] },
		mta => { ok => JSON::PP::false, error => 'this daemon does not know such a request' },
	);
	my $player = Bailey::Test::Process->start_code("$folder/played.log", sub {
		while (my $client = $listener->accept) {
			while (my $request = <$client>) {
				chomp $request;
				syswrite $client, encode_json($says{$request}) . "\n";
			}
		}
	});
	my @more = ('-s', $path);
	finds('no store', qr/^fail store: there is none now.*: Read-only file system -> mend that/, before => \@more);
	finds('lost receipts', qr/^warn receipts: 7 could not be kept/, before => \@more, status => 1);
	finds('another version', qr/^warn daemon: is version 0\.0\.1, .* -> systemctl restart bailey/, before => \@more, status => 1);
	my (undef, @lines) = doctor(\@more);
	ok(!(grep { /protocol|macros/ } @lines), 'what it cannot tell is not told');
	finds('a list that is silent', qr/^warn DNS list: bl\.example answers now, but while mail came it does not answer/,
	    before => \@more, status => 1);
	$player->stop;
};

subtest 'a daemon that takes no connection' => sub {
	my $path = "$folder/full";
	my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 1) or die "$path: $!\n";
	my @waiting;
	do {
		socket my $one, PF_UNIX, SOCK_STREAM, 0 or die "socket: $!\n";
		$one->blocking(0);
		push @waiting, $one;
	} while connect $waiting[-1], pack_sockaddr_un($path);
	my ($status, $out, $err) = $daemon->ctl('-s', $path, @doctor);
	is($status, 1, 'the exit status');
	like($err, qr/waiting up to 5 s/, 'is not waited for as long as one that somebody asks');
	like($err, qr/cannot connect to \Q$path\E: .*busy or stuck/, 'is told');
};

subtest 'nothing runs' => sub {
	kill STOP => $daemon->process->pid;
	finds('a daemon that hangs', qr/^fail daemon: does not answer.* -> systemctl restart/);
	kill CONT => $daemon->process->pid;
	$daemon->stop;
	finds('no daemon', qr/^fail daemon: does not answer.* -> systemctl start/);
	finds('no socket', qr/^fail socket: .*No such file.* -> start the daemon/);
	$house->dns->stop;
	my $start = time;
	finds('no DNS', qr/^fail resolver: does not answer: TIMEOUT/);
	cmp_ok(time - $start, '<', PATIENCE, 'in bounded time');
	$daemon->configure("sokket = 1\n");
	my ($status, $out, $err) = $daemon->ctl('doctor');
	is($status, 1, 'a bad configuration');
	like($err, qr/sokket: unknown key.*mend the configuration first/s, 'comes first');
};

$house->stop;
done_testing;
