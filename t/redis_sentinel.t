#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The master of a shared store dies, and sentinels make its replica master:
# mail flows on meanwhile, and what was learnt is still known.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Redis;
use Bailey::Test::Tools;
use Test::More;
use Time::HiRes qw(sleep);

plan skip_all => Bailey::Test::why_not() if Bailey::Test::why_not();

my $house = Bailey::Test->new;
my ($master, $replica) = Bailey::Test::Redis->pair($house->folder);
my @sentinels = Bailey::Test::Redis->sentinels($house->folder, 3, $master);
my $url = join ', ', map { '"' . $_->url . '"' } @sentinels;

$house->dns(zones => []);
# Nobody passes in this time.
$house->bailey(<<"EOF_CONF");
store { url = { $url }\nsentinel = "mail"\ndeadline = 2s }
greylist { apply = all\ndelay = 1h }
rdns { mode = off }
EOF_CONF
$house->postfix;

my $tried = 0;
sub try {
	my ($from) = @_;
	my $smtp = $house->client('192.0.2.40');
	$smtp->ehlo('mail.client.example');
	return $smtp->send(from => "$from\@client.example", to => ['user@example.org']);
}
# The first sender who is greylisted, or undef.
sub deferred { return wait_until { ; try('joe' . $tried++) =~ /^451 .*Greylisted/ || !sleep 0.2 } }

like(try('joe'), qr/^451 .*come back in 3600 seconds/, 'deferred, by the master that sentinels name');
$master->cli('WAIT', 1, 1000);
$master->process->kill('KILL');
my $reply = try('ann');
like($reply, qr/^250 /, 'the master is dead, and mail flows on');
like($house->bailey->log, qr/store in \S+: the server does not answer.*mail goes on without it/, 'which is said');
wait_until { $replica->cli('ROLE') =~ /^master/ } or diag($sentinels[0]->log);
ok(deferred(), 'until another is master');
like(try('joe'), qr/^451 .*come back in 3[0-5]\d\d seconds/, 'who knows what was learnt before');

$master->start;
ok(wait_until { $master->cli('ROLE') =~ /^slave/ }, 'the first one comes back as a replica');
like(try('eve'), qr/^451 /, 'and is not asked');

# Whether the answer comes from the server, and what the log says if it does not.
sub started_with {
	my ($section, @urls) = @_;
	my $other = Bailey::Test->new;
	$other->dns;
	my $daemon = $other->bailey(sprintf qq(store { url = { %s }\n$section\ndeadline = 2s }\n)
	    . "greylist { apply = all }\nrdns { mode = off }", join ', ', map { qq("$_") } @urls);
	my $reply = Bailey::Test::Mta->new($daemon->socket)->last('open', 'connect h 192.0.2.40 25', 'helo mail.client.example',
	    'mail <sue@client.example>', 'rcpt <user@example.org>');
	return ($reply, $daemon->log);
}

my @dead = map { 'redis://127.0.0.1:' . Bailey::Test::Postfix::free_port() } 1 .. 2;
my ($answer, $log) = started_with('sentinel = "mail"', @dead, $sentinels[2]->url);
like($answer, qr/Greylisted/, 'two of three sentinels are dead: the third is believed');
($answer, $log) = started_with('sentinel = "mail"', @dead);
is($answer, 'rcpt: continue', 'all are dead: nobody is greylisted');
like($log, qr/store in \S+: (?:sentinel 127\.0\.0\.1:\d+: Connection refused(?:; )?){2}; mail goes on without it/, 'and the log names them');
($answer, $log) = started_with('sentinel = "mial"', map { $_->url } @sentinels);
is($answer, 'rcpt: continue', 'a wrong name: nobody is greylisted');
like($log, qr/sentinel \S+: it knows no master of that name.*; mail goes on without it/, 'and the log says why') or diag($log);

my @theirs = Bailey::Test::Redis->pair($house->folder);
my ($guarded) = Bailey::Test::Redis->sentinels($house->folder, 1, $theirs[0], 'open');
is($guarded->cli('ACL', 'SETUSER', 'joe', 'on', '>sesame', '+@all'), 'OK', 'a sentinel wants a password, or a user with his own');
my ($password, $joes) = map { spew($house->folder . "/$_", "$_\n") } 'open', 'sesame';
chmod 0640, $password, $joes;
for (['none', '', qr/NOAUTH/], ["joe's without his name", qq(sentinel-password-file = "$joes"), qr/WRONGPASS/],
    ['the right one', qq(sentinel-password-file = "$password")],
    ["joe's", qq(sentinel-user = "joe"\nsentinel-password-file = "$joes")]) {
	my ($name, $login, $refused) = @$_;
	($answer, $log) = started_with(qq(sentinel = "mail"\n$login), $guarded->url);
	like($answer, $refused ? qr/continue/ : qr/Greylisted/, "the password is $name");
	like($log, qr/sentinel \S+: .*$refused.*; mail goes on without it/, 'the log says why') if $refused;
}
done_testing;
