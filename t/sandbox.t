#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The daemon in its sandbox: the kernel has it, and what an administrator does
# to a running filter still works.  What it keeps out is in t/unit/sandbox.c.

use v5.32;
use warnings;
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use Test::More;

my $sanitizers = slurp(($ENV{TOP_BUILDDIR} // '.') . '/Makefile') =~ /^(?:SANITIZE|COVERAGE)_FLAGS = *\S/m;
my $house = Bailey::Test->new;
my $elsewhere = File::Temp->newdir('bailey-XXXXXXXX', TMPDIR => 1);
chmod 0755, $elsewhere;
mkdir $house->folder . '/bailey';
chown((getpwnam 'nobody')[2, 3], $house->folder . '/bailey') if $> == 0;
my $table = spew($house->folder . '/access', "192.0.2.1 REJECT first\n");
my $quiet = Bailey::Test::Daemon::quiet('access', 'greylist');

sub conf { my ($path, @more) = @_; return join "\n", $quiet, "access { table \"file:$path\" {} }", @more }

sub status {
	my ($key) = @_;
	return slurp('/proc/' . $house->bailey->process->pid . '/status') =~ /^\Q$key\E:\s*(\d+)/m ? $1 : undef;
}

# What the MTA is told of this client's mail.
sub reply {
	my $mta = Bailey::Test::Mta->new($house->bailey->socket);
	return $mta->last('open', 'connect client.example 192.0.2.1 25', 'helo client.example',
	    'mail <a@client.example>', 'rcpt <b@example.org>');
}

subtest 'as the kernel sees it' => sub {
	$house->bailey(conf($table));
	like(reply(), qr/first/, 'it works');
	is(status('NoNewPrivs'), 1, 'no privileges by any program');
	is(status('Seccomp'), $sanitizers ? 0 : 2, 'a filter of system calls, but for sanitizers');
	is(scalar(() = $house->bailey->log =~ /sandbox: going on without/g), $sanitizers ? 1 : 0, 'what is missing is said once');
};

subtest 'a table is replaced' => sub {
	rename spew("$table.new", "192.0.2.1 REJECT second\n"), $table;
	ok((wait_until { reply() =~ /second/ }), 'and read again');
};

subtest 'a reload' => sub {
	my $other = spew($house->folder . '/other', "192.0.2.1 REJECT third\n");
	ok($house->bailey->reload(conf($other)), 'names another file of the folder');
	like(reply(), qr/third/, 'which counts');

	my $far = spew("$elsewhere/access", "192.0.2.1 REJECT fourth\n");
	my $before = length $house->bailey->log;
	ok($house->bailey->reload(conf($far)), 'names one elsewhere');
	my $said = substr $house->bailey->log, $before;
	if ($sanitizers) {
		like(reply(), qr/fourth/, 'which counts, since there is no sandbox');
	} else {
		like($said, qr/\Q$far\E.*Permission denied/, 'which is refused');
		like($said, qr/the sandbox lets .* sandbox-read/, 'and why');
		like(reply(), qr/third/, 'the old one stays');
	}

	$house->bailey->stop;
	is($house->bailey->process->status, 0, 'it stops');
	ok(!-e $house->bailey->control, 'and takes its sockets along');
	$house->bailey->configure(conf($table, "sandbox-read = { \"$elsewhere\" }"));
	$house->bailey->start;
	ok($house->bailey->reload(conf($far, "sandbox-read = { \"$elsewhere\" }")), 'with sandbox-read it is taken');
	ok((wait_until { reply() =~ /fourth/ }), 'and counts');
	$house->bailey->stop;
};

subtest 'a key that only root can read' => sub {
	return pass('of no use to others') if $> != 0;
	my $key = spew($house->folder . '/key', 'x' x 32);
	chmod 0600, $key;
	$house->bailey->configure(conf($table, "greylist { mode = \"off\" key-file = \"$key\" }"));
	$house->bailey->start;
	like(reply(), qr/second/, 'it runs');
	like($house->bailey->log, qr/\Q$key\E.*Permission denied.*a reload would fail by this/s, 'is told at the start');
	$house->bailey->stop;
};

subtest 'without' => sub {
	$house->bailey->configure(conf($table, 'sandbox = "off"'));
	$house->bailey->start;
	like(reply(), qr/second/, 'it works');
	is(status('Seccomp'), 0, 'no filter');
	is(status('NoNewPrivs'), 1, 'still no privileges by any program');
	$house->bailey->stop;
};

done_testing;
