#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# bailey-db as an administrator calls it: a stopped store to text and back.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Tools;
use File::Temp;
use Test::More;

my $program = ($ENV{TOP_BUILDDIR} // '.') . '/bailey-db';
my $house = File::Temp->newdir('bailey-XXXXXX', TMPDIR => 1);
mkdir "$house/$_" or die "$house/$_: $!\n" for qw(a b);
my $text = <<'END';
bailey-dump 1
client	1703024600 1700000000 1700000600 1700000300 7	192.0.2.1
correspondent	1705184000 1700000000 1700000000 1700000000 1	joe@a.example	bob@c.example
correspondent	1705184000 1700000000 1700000000 1700000000 1	me@b.example	joe@a.example
dmarc	1703024600	20231114	d.example	id1	1700000000	192.0.2.1		x\x5c\x09y
dmarc	1703024600	20231114	d.example	id2	
triplet	1700172800 1700000000 1700000000 0 1	192.0.2.0/24	joe@a.example	me@b.example
triplet	1703024300 1700000000 1700000300 1700000300 4	192.0.2.0/24	joe@a.example	you@b.example
triplet	1703024300 1700000000 1700000300 1700000300 4	2001:db8::/64		J\xc3\xb6rg\x5cx@b.example
triplet	1703024300 1700000000 1700000300 1700000300 4	a.example	#0123	#4567
raw	d20231114\x00d.example\x00id3	\x01\x00\x00\x00\x00\x07newer\x00
raw	q	\x07abc
end 11
END
spew("$house/in", $text);

is(run('load', "$house/in"), "bailey-db: 11 records loaded\n", 'load');
is(run('verify'), "sound: 4 triplets, 1 clients, 2 correspondents, 3 other records, 1 of a newer release\n", 'verify');
is(run('dump', "$house/out"), "bailey-db: 11 records\n", 'dump');
my $sorted = sub { join "\n", sort split /\n/, slurp($_[0]) };
is($sorted->("$house/out"), $sorted->("$house/in"), 'what was loaded');
is(run('dump', "$house/out"), "bailey-db: $house/out: File exists\n", 'no file is overwritten');
is(run('-d', "$house/b", 'load', "$house/out"), "bailey-db: 11 records loaded\n", 'load into another');
is(run('-d', "$house/b", 'dump', "$house/out2"), "bailey-db: 11 records\n", 'dump that');
is(slurp("$house/out2"), slurp("$house/out"), 'the same bytes');

is(run('forget', 'Joe+x@A.example'), "4 records removed\n", 'forget a sender');
is(run('forget', 'nobody@a.example'), "0 records removed\n", 'forget nobody');
is(run('verify'), "sound: 2 triplets, 1 clients, 0 correspondents, 3 other records, 1 of a newer release\n", 'the rest stays');

spew("$house/key", '0123456789abcdef');
chmod 0600, "$house/key" or die;
chomp(my $hash = qx(printf %s joe\@a.example | openssl dgst -sha256 -mac HMAC -macopt key:0123456789abcdef));
$hash = '#' . substr $hash =~ s/.* //r, 0, 32;
spew("$house/hidden", "bailey-dump 1\nclient\t0 1 1 1 1\t$hash\nend 1\n");
is(run('load', "$house/hidden"), "bailey-db: 1 records loaded\n", 'load a hidden address');
is(run('-k', "$house/key", 'forget', 'joe@a.example'), "1 records removed\n", 'forget it by the address');
chmod 0604, "$house/key" or die;
like(run('-k', "$house/key", 'forget', 'joe@a.example'), qr/can be read by everybody/, 'a key for all is refused');

spew("$house/cut", $text =~ s/^end.*\n//mr);
is(run('load', "$house/cut"),
	"bailey-db: 11 records loaded\nbailey-db: line 12: cut short: no last line\n", 'a cut dump');
for my $line ("raw\t\tx", "raw\t" . 'k' x 2000 . "\tx", "client\t0 1 1 1 1\ta\\x00b", "raw\tk\t\\xzz") {
	spew("$house/odd", "bailey-dump 1\n$line\nend 1\n");
	is(run('load', "$house/odd"), "bailey-db: 0 records loaded\nbailey-db: line 2: malformed line\n",
		'malformed: ' . substr $line, 0, 20);
}
is((stat "$house/out")[2] & 077, 0, 'others cannot read a dump');
SKIP: {
	skip 'needs root', 2 if $> != 0;
	chmod 0755, $house or die;
	mkdir "$house/owned" or die;
	my $owner = getpwnam 'nobody';
	chown $owner, -1, "$house/owned" or die;
	is(run('-d', "$house/owned", 'load', "$house/out"), "bailey-db: 11 records loaded\n", 'root loads');
	is(join(' ', map { (stat)[4] } glob "$house/owned/* $house/owned/store/*"),
		join(' ', ($owner) x 4), 'what root leaves belongs to the owner of the directory');
}
like(run('-d', "$house/none", 'dump'), qr{^bailey-db: cannot open $house/none/store.lock: No such file}, 'no directory');
run('-d', "$house/none", 'dump', "$house/never");
ok(!-e "$house/never", 'no store leaves no file');
like(run(@$_), qr/^usage: bailey-db /m, "usage: @$_") for [], ['dance'], ['verify', 'x'], ['forget'], ['-x', 'dump'];

# A bad page is found.
open my $db, '+<', "$house/a/store/store.db" or die;
seek $db, 4096 * 1 + 100, 0;
print $db 'x' x 3000;
close $db;
like(run('verify'), qr/^bailey-db: store\.db: /, 'a damaged file is not sound');

done_testing;

# Standard output and error of one call, in $house/a unless -d says otherwise.
sub run {
	my @arguments = @_;
	unshift @arguments, '-d', "$house/a" if @arguments && !grep { $_ eq '-d' } @arguments;
	my $pid = open(my $out, '-|') // die "fork: $!\n";
	if ($pid == 0) {
		open STDERR, '>&', \*STDOUT or die;
		exec $program, @arguments or die "$program: $!\n";
	}
	local $/;
	return <$out> // '';
}
