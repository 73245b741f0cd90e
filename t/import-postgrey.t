#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# A database made by postgrey itself, carried over by contrib/import-postgrey.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Process;
use Bailey::Test::Tools;
use File::Temp;
use IO::Socket::UNIX;
use Test::More;

my ($postgrey) = grep { -x } qw(/usr/sbin/postgrey /usr/local/sbin/postgrey);
SKIP: {
	skip_unless_ci('postgrey is not installed') if !$postgrey;
	skip_unless_ci('db5.3_dump is not installed') if !grep { -x "$_/db5.3_dump" } split /:/, $ENV{PATH};
	take_over();
}
done_testing;

sub take_over {
	my $house = File::Temp->newdir('bailey-XXXXXX', TMPDIR => 1);
	mkdir "$house/$_" or die "$house/$_: $!\n" for qw(db killed hashed store);
	my $now = time;
	my $old = $now - 86400;
	# Client, sender, recipient, times of attempts.
	my @attempts = (
		['192.0.2.77', 'Joe+tag@a.example', 'Me@b.example', $old, $old + 400],
		['192.0.2.77', 'bounce-17-4@a.example', 'me@b.example', $old, $old + 10],
		['192.0.2.78', 'prvs=2843abcdef=joe@c.example', 'me@b.example', $old],
		['2001:db8::5', '', 'me@b.example', $old, $old + 300],
		['198.51.100.1', 'SRS0=x9Bk=TT=d.example=joe@e.example', 'me@b.example', $old],
		['198.51.100.1', 'SRS0+x9Bk=TT=d.example=joe@e.example', 'me@b.example', $old],
		['198.51.100.2', 'slash/ed@a.example', 'me@b.example', $old],
		['198.51.100.3', 'late@a.example', 'me@b.example', $now - 4 * 86400],
		['198.51.100.4', 'gone@a.example', 'me@b.example', $now - 50 * 86400, $now - 50 * 86400 + 500],
	);
	ask($house, 'db', [], @attempts)->stop;
	my ($dump, $said) = take($house, 'db');
	my $window = 2 * 86400;
	my $age = 35 * 86400;
	my @wanted = sort(
		triplet($old + 400 + $age, $old, $old + 400, $old + 400, '192.0.2.0/24', 'joe@a.example', 'me@b.example'),
		triplet($old + $window, $old, $old + 10, 0, '192.0.2.0/24', 'bounce-#-#@a.example', 'me@b.example'),
		triplet($old + $window, $old, $old, 0, '192.0.2.0/24', 'joe@c.example', 'me@b.example'),
		triplet($old + 300 + $age, $old, $old + 300, $old + 300, '2001:db8::/64', '', 'me@b.example'),
		triplet($old + $window, $old, $old, 0, '198.51.100.0/24', 'srs0=#=#=d.example=joe@e.example', 'me@b.example'),
		triplet($old + $window, $old, $old, 0, '198.51.100.0/24', 'slash/ed@a.example', 'me@b.example'),
		join("\t", 'client', join(' ', $old + 400 + $age, ($old + 400) x 3, 1), '192.0.2.77'),
		join("\t", 'client', join(' ', $old + 300 + $age, ($old + 300) x 3, 1), '2001:db8::5'),
	);
	is(join("\n", sort grep { /^(?:triplet|client)/ } split /\n/, $dump), join("\n", @wanted), 'triplets and clients');
	is($said, <<'END', 'the report');
taken: 2 clients
taken: 4 triplets still waiting
taken: 2 triplets that passed
left out: 1 SRS senders whose rest postgrey cut off
left out: 1 expired clients
left out: 2 expired triplets
END
	unlike($said, qr/\r/, 'no progress in a log');
	my $program = ($ENV{TOP_SRCDIR} // '.') . '/contrib/import-postgrey';
	like(scalar qx(script -qec '$^X $program $house/db >/dev/null' /dev/null </dev/null),
	    qr/^\rimport: \d+ records.*\r +\rtaken: /s, 'but on a terminal');
	spew("$house/dump", $dump);
	my $ctl = ($ENV{TOP_BUILDDIR} // '.') . '/baileyctl';
	spew("$house/conf", '');
	is(qx($ctl -d $house/store load $house/dump 2>&1), "8 records loaded\n", 'baileyctl takes it');
	is(qx($ctl -c $house/conf -d $house/store forget bounce-99-1\@a.example), "1 records removed\n",
	    'under our own keys');

	my $killed = ask($house, 'killed', [], @attempts);
	$killed->kill('KILL');
	$killed->wait(10);
	is((take($house, 'killed'))[0], $dump, 'nothing is missing after a kill');

	ask($house, 'hashed', ['--privacy'], @attempts[0 .. 1])->stop;
	($dump, $said) = take($house, 'hashed');
	like($dump, qr/^end 0$/m, 'hashed keys cannot be taken');
	like($said, qr/^left out: 2 hashed keys \(postgrey --privacy\)$/m, 'and that is said');
	($dump, $said) = take($house, 'store');
	like($said, qr{^import-postgrey: no $house/store/postgrey\.db$}m, 'no database');
	return;
}

sub triplet {
	my ($expires, $first, $last, $passed, @fields) = @_;
	return join "\t", 'triplet', "$expires $first $last $passed 1", @fields;
}

# Run postgrey on a database and ask it at the times given.
sub ask {
	my ($house, $folder, $options, @attempts) = @_;
	my $socket = "$house/$folder.socket";
	my $user = (getpwuid $>)[0];
	my $group = (getgrgid $))[0];
	my $p = Bailey::Test::Process->start("$house/$folder.log", $postgrey, "--unix=$socket",
		"--dbdir=$house/$folder", "--user=$user", "--group=$group", @$options);
	my $s = wait_until { IO::Socket::UNIX->new($socket) } or die "postgrey does not start\n";
	for my $try (map { my $a = $_; map { [@$a[0 .. 2], $_] } @$a[3 .. $#$a] } @attempts) {
		print $s "request=smtpd_access_policy\nclient_address=$try->[0]\nclient_name=unknown\n",
		    "sender=$try->[1]\nrecipient=$try->[2]\npolicy_test_time=$try->[3]\n\n";
		$s->flush;
		while (my $line = <$s>) { last if $line eq "\n" }
	}
	close $s;
	return $p;
}

# Output and report of the importer.
sub take {
	my ($house, $folder) = @_;
	my $program = ($ENV{TOP_SRCDIR} // '.') . '/contrib/import-postgrey';
	my $out = qx($^X $program $house/$folder 2>$house/said);
	return ($out, slurp("$house/said"));
}
