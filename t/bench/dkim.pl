#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Signed messages a second through Bailey and through opendkim, each fed by
# t/mtaclient over one connection at a time, as one Postfix process would.
# What the checks of a message cost beside DKIM is in Bailey's figure, too.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Bailey::Test;
use Bailey::Test::Dkim;
use Bailey::Test::Load qw(heading row);
use Bailey::Test::Mta;
use Bailey::Test::Opendkim;
use Bailey::Test::Tools;
use Time::HiRes qw(time);

use constant SECONDS => 2;	# for each figure

if (my $why = Bailey::Test::Dkim::why_not()) {
	say "dkim: skipped, $why";
	exit 0;
}

my @sizes = (2 << 10, 20 << 10, 200 << 10, 2 << 20);
# Lines as long as mtaclient can repeat, so that it has little to read.
my $words = 'Words of a message, ';
my @jobs = map {
	+{ message => "From: a\@d.example\nTo: b\@example.org\nSubject: x\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n\n"
		. join('', map { $words x $_ . "x\n" } lines($_)), key => 'k', domain => 'd.example', selector => 'k' }
} @sizes;
my ($records, @signed) = Bailey::Test::Dkim::sign({ k => 'rsa-2048' }, @jobs);

my $house = Bailey::Test->new;
my $folder = $house->folder;
$house->dns(zones => [ "\$ORIGIN d.example.\n@ SOA a b 1 1 1 60 60\nk._domainkey TXT " . Bailey::Test::Dkim::txt($records->{k}) . "\n" ],
    reverse => { '192.0.2.10' => 'mail.d.example' });
my $bailey = $house->bailey('log-level = "err"');
my @peers = ([ 'bailey', $bailey ]);
if (!Bailey::Test::Opendkim::why_not()) {
	# Keys from a file: it has no cache of answers that would be a fair match for ours.
	spew("$folder/keys", "k._domainkey.d.example $records->{k}\n");
	push @peers, [ 'opendkim', Bailey::Test::Opendkim->new($folder, Mode => 'v', TestPublicKeys => "$folder/keys",
	    InternalHosts => 'refile:/dev/null', ExternalIgnoreList => 'refile:/dev/null', AuthservID => 'mx.example.org') ];
}

heading('Messages a second, RSA of 2048 bits, relaxed/relaxed', map { $_->[0] } @peers);
for my $i (0 .. $#sizes) {
	row(($sizes[$i] >> 10) . ' KB', [ map { rate($_->[1]->socket, $i) } @peers ]);
}

# How often the words come in each line of a body of that size.
sub lines {
	my ($size) = @_;
	my ($left, @lines) = int $size / length $words;
	for (; $left > 0; $left -= 3000) { push @lines, $left < 3000 ? $left : 3000 }
	return @lines;
}

sub rate {
	my ($socket, $i) = @_;
	my ($header) = $signed[$i] =~ /\A(.*?\r\n)\r\n/s;
	my @commands = grep { !/^(?:body|eom)/ } Bailey::Test::Dkim::commands("$header\r\n", 1);
	push @commands, map { "body \\{$_*$words}x\\r\\n" } lines($sizes[$i]);
	push @commands, 'eom';
	my $mta = Bailey::Test::Mta->new($socket);
	$mta->do('open', 'connect mail.d.example 192.0.2.10 25', 'helo mail.d.example');
	my ($n, $begin, $took) = (0, time, 0);
	while (($took = time - $begin) < SECONDS) {
		$mta->do('mail <a@d.example>', 'rcpt <b@example.org>', @commands);
		$n++;
	}
	my ($field) = grep { /^Authentication-Results:/ } $mta->headers;
	die 'not a pass: ' . ($field // 'no result') . "\n" if ($field // '') !~ /dkim=pass/;
	return $n / $took;
}
