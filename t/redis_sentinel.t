#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The master of a shared store dies, and sentinels make its replica master:
# mail flows on meanwhile, and what was learnt is still known.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
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
done_testing;
