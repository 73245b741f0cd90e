#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The same tables, asked by Postfix itself and by the filter: made-up clients,
# senders and recipients get the same answer from a real smtpd, and every key
# has the value that postmap -q has for it.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use Test::More;

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

use constant { TABLES => 12, MESSAGES => 12 };
my $seed = $ENV{SEED} // 20261121;
srand $seed;
note "SEED=$seed";

my $house = Bailey::Test->new;
my %clients = (
	'192.0.2.10' => 'mx.client.example',
	'192.0.2.11' => 'a.b.client.example',
	'192.0.3.1' => undef,
	'198.51.100.7' => 'host.example.net',
	'2001:db8::25' => 'mx.client.example',
	'2001:db8:1:2::3' => undef,
);
my @named = grep { defined $clients{$_} } keys %clients;
my %zone;
for my $address (@named) {
	$zone{ $clients{$address} } .= "$clients{$address}. " . ($address =~ /:/ ? 'AAAA' : 'A') . " $address\n";
}
$house->dns(
	zones => [ join '', "\$TTL 60\n", map { "\$ORIGIN $_.\n@ SOA a b 1 1 1 1 1\n" } qw(client.example example.net) ],
	reverse => { map { $_ => $clients{$_} } @named },
	rules => '',
);
$house->dns->change(
	zones => [ map { my $origin = $_; "\$ORIGIN $origin.\n\$TTL 60\n@ SOA a b 1 1 1 1 1\n" . join '', map { $zone{$_} } grep { /\Q$origin\E$/ } keys %zone }
	    qw(client.example example.net) ],
	reverse => { map { $_ => $clients{$_} } @named },
);
my $folder = $house->folder;
my $table = "$folder/table";
# postmap wants a configuration, and the machine may have none.
mkdir "$folder/postmap" or die "$folder/postmap: $!\n";
spew("$folder/postmap/main.cf", "compatibility_level = 3.6\n");
spew($table, "x DUNNO\n");
postmap('hash');
postmap('btree', "$table.bt");
my $general = <<'END';
rdns { mode = "off" }
helo { mode = "off" }
sender { mode = "off" }
recipient { mode = "off" }
spf { mode = "off" }
END
my $daemon = $house->bailey(configuration("file:$table"));
my $postfix = Bailey::Test::Postfix->new($folder,
	smtpd_recipient_restrictions => join(', ', (map { "check_${_}_access hash:$table" } qw(client helo sender recipient)), 'permit'),
	recipient_delimiter => '+',
	smtpd_peername_lookup => 'yes',
	smtp_dns_support_level => 'disabled',
	max_use => 1,	# each connection opens the table anew
	smtpd_error_sleep_time => '0',
	smtpd_soft_error_limit => 1000,
	smtpd_hard_error_limit => 1000,
	virtual_mailbox_domains => 'example.org, sub.example.org',
);

sub configuration {
	my ($name) = @_;
	return qq(${general}access { table "$name" { unproven = yes } });
}

# postmap refuses nothing of what we write; the time stamp of a table must differ from the one before.
sub postmap {
	my ($type, $path) = @_;
	$path //= $table;
	spew($path, slurp($table)) if $path ne $table;
	my $said = qx(/usr/sbin/postmap -c $folder/postmap $type:$path 2>&1);
	die "postmap: $said\n" if $? != 0;
	return;
}

# "554 5.7.1 <x[192.0.2.1]>: Client host rejected: text" and ours, made alike.
sub plain {
	my ($reply) = @_;
	return 'accepted' if $reply =~ /^(?:250 |rcpt: continue)/;
	$reply =~ s/^rcpt: //;
	$reply =~ s/^(\d{3} \S+) <[^>]*>: /$1 /;
	$reply =~ s/; help: .*//;
	return $reply;
}

sub postfix_says {
	my (%is) = @_;
	my $smtp = Bailey::Test::Smtp->new($postfix->port);
	$smtp->xclient($is{client}, NAME => $clients{ $is{client} } // '[UNAVAILABLE]');
	my $reply = '';
	for my $step ([ 'EHLO', $is{helo} ], [ 'MAIL', "FROM:<$is{from}>" ], [ 'RCPT', "TO:<$is{to}>" ]) {
		$reply = $smtp->say("@$step");
		last if $reply !~ /^250/;
	}
	$smtp->drop;
	return plain($reply);
}

sub bailey_says {
	my (%is) = @_;
	return plain(Bailey::Test::Mta->new($daemon->socket)->last('open', "connect x $is{client} 25", "helo $is{helo}",
	    "mail <$is{from}>", "rcpt <$is{to}>"));
}

my @keys = (
	qw(mx.client.example client.example b.client.example example net unknown com),
	qw(192.0.2.10 192.0.2 192.0 192 198.51 198.51.100.7 2001:db8::25 2001:db8: 2001:db8 2001 2001:db8:1:2 2001:db8:1),
	qw(helo.example sub.helo.example [192.0.2.10]),
	qw(bob@sender.example bob+x@sender.example sender.example sub.sender.example bob@ bob+x@ <>),
	qw(user@example.org user+y@example.org example.org org user@ user+y@ sub.example.org),
	# Not looked up like this by anybody.
	qw(.client.example @example.org 192.0.2. example.org.),
);
# Not X.1.n, which Postfix turns into what fits client or sender (smtpd_dsn_fix), and we leave alone.
my @values = ('OK', 'ok', 'OK because', 'RELAY', 'relay x', 'DUNNO yet', 'REJECT', 'reject go away', 'REJECT 5.7.99 with a code', 'DEFER', 'DEFER 4.2.0 later',
	'550 mind the gap', '450 4.3.2 busy', '554', '450', '12345', 'DUNNO', 'dunno', '521 5.3.2 bye', '421 4.3.2 bye',
	'REJECT 4.7.2 wrong class', '550 5.1');
my @helos = qw(helo.example a.sub.helo.example HELO.Example [192.0.2.10] single mx.client.example);
my @senders = ('bob@sender.example', 'Bob+X@Sender.Example', 'joe@a.sub.sender.example', '', 'bob+x@other.example', 'x@client.example');
my @recipients = ('user@example.org', 'user+y@example.org', 'User+Y@Example.Org', 'other@example.org', 'user@sub.example.org');
sub any { return $_[rand @_] }

my ($compared, $refused) = (0, 0);
for my $round (1 .. TABLES) {
	# The fewer the keys, the longer the way to a hit.
	my %entry = map { any(@keys) => any(@values) } 1 .. 1 + rand 8;
	spew($table, join '', map { "$_ $entry{$_}\n" } sort keys %entry);
	postmap('hash');
	my ($type) = any('file:', 'db:');
	my $name = "$type$table";
	if (rand() < 0.3) {
		postmap('btree', "$table.bt");
		$name = "db:$table.bt";
	}
	# A new name, so that it is read now and not a second later.
	my $fresh = "$folder/fresh$round";
	(my $path = $name) =~ s/^\w+://;
	spew($fresh, slurp($path));
	spew("$fresh.db", slurp("$path.db"));
	$daemon->reload(configuration($name =~ s/:.*/:$fresh/r));
	my @wrong;
	for (1 .. MESSAGES) {
		my %is = (client => any(keys %clients), helo => any(@helos), from => any(@senders), to => any(@recipients));
		my ($theirs, $ours) = (postfix_says(%is), bailey_says(%is));
		$compared++;
		$refused++ if $theirs ne 'accepted';
		push @wrong, join ' ', map({ "$_=<$is{$_}>" } sort keys %is), "\n  Postfix: $theirs\n  ours:    $ours\n"
		    if $theirs ne $ours;
	}
	is(join('', @wrong), '', "round $round: $name as Postfix") or diag(slurp($table));
}
cmp_ok($refused, '>', $compared / 10, "of $compared messages $refused were refused");

# By chance the words that allow seldom meet what they keep from being refused.
subtest 'what allows' => sub {
	my %is = (client => '192.0.2.10', helo => 'x.example', from => 'bob@sender.example', to => 'user@example.org');
	for my $value ('OK', 'OK for now', 'RELAY', 'relay for now', '1', '554', 'DUNNO', 'DUNNO yet') {
		my $name = "$folder/word" . $value =~ s/ .*/s/r;
		spew($table, "192.0.2.10 $value\n192.0.2 REJECT\nsender.example REJECT\n");
		postmap('hash');
		spew($name, slurp($table));
		$daemon->reload(configuration("file:$name"));
		my ($theirs, $ours) = (postfix_says(%is), bailey_says(%is));
		is($ours, $theirs, "$value: $theirs");
	}
};

subtest 'every key as postmap -q' => sub {
	my @long = map { "name$_" } 1 .. 300;
	spew($table, join '', "# a comment\n\n", map({ "$_\@q.example 550 value of $_\n" } @long), <<'END');
MiXed@q.example   	 550 spaces  within   
two@q.example 550 first line
# a comment within
 second line

   third line
two@q.example 550 a duplicate
hash#@q.example 550 not a comment
  # nor does this end it
 but this goes on
last@q.example 550 without an end
END
	truncate $table, (-s $table) - 1;
	postmap('hash', "$folder/q1");
	postmap('btree', "$folder/q2");
	spew("$folder/q0", slurp($table));
	my @asked = (map({ "$_\@q.example" } @long[ 0, 7, 299 ], 'mixed', 'two', 'hash#', 'last'), 'nobody@q.example');
	for my $name ("file:$folder/q0", "db:$folder/q1", "db:$folder/q2.db") {
		$daemon->reload(configuration($name));
		my ($type) = $name =~ /q2/ ? 'btree' : 'hash';
		my $reference = $name =~ /q2/ ? "$folder/q2" : "$folder/q1";
		for my $key (@asked) {
			chomp(my $theirs = qx(/usr/sbin/postmap -c $folder/postmap -q '$key' $type:$reference));
			my $ours = bailey_says(client => '192.0.2.10', helo => 'x.example', from => 'a@b.example', to => $key);
			my $wanted = $theirs eq '' ? 'accepted' : $theirs =~ s/^550 /550 5.7.1 Recipient address rejected: /r;
			is($ours, $wanted, "$name: $key");
		}
	}
};

done_testing;
