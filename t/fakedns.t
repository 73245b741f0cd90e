#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The fake DNS server tells the truth where no rule says otherwise, and lies
# as its rules say.  Asked with packets made here, not through our resolver.
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Select;
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $build = $ENV{TOP_BUILDDIR} // '.';
my %type = (A => 1, CNAME => 5, SOA => 6, PTR => 12, MX => 15, TXT => 16, AAAA => 28);
my @rcode = qw(NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED);

sub spew {
	my ($file, $text) = @_;
	open(my $fh, '>', "$dir/$file") or die "$file: $!";
	print $fh $text;
	close $fh;
}

my $long = join ' ', map { sprintf '"%s"', chr(ord('a') + $_) x 250 } 0 .. 17;
spew 'zone', <<"END";
\$ORIGIN example.org.
\$TTL 600
\@	SOA ns hostmaster 1 3600 600 86400 77
\@	A 192.0.2.1
	MX 10 mx
	TXT "v=spf1 " "-all"
mx	A 192.0.2.2
	AAAA 2001:db8::2
*.wild	A 192.0.2.3
a.b.wild TXT deeper
alias	CNAME mx
dangle	CNAME gone
big	TXT $long
deep.er	A 192.0.2.9
END
spew 'lists', <<'END';
$ORIGIN list.example.
2.0.0.127	A 127.0.0.2
*.1.0.192	A 127.0.0.10
END
my $rules = <<'END';
rule drop.example.org * first 1 drop
rule slow.example.org A delay 50 rr-count 1
rule *.fail.example.org TXT rcode SERVFAIL	# not the name itself
rule many.example.org A rr-count 100
rule many.example.org MX rr-count 2 ttl 5 ad
rule tc.example.org A udp truncate
rule tc.example.org A rr-count 1
rule id.example.org A wrong-id rr-count 1
rule chain.example.org A cname-chain 3
rule old.example.org A no-edns
rule hup.example.org A rcode REFUSED
END
spew 'rules', $rules;

my $pid = open(my $out, '-|', "$build/t/fakedns", '--zone', "$dir/zone", '--zone', "$dir/lists",
    '--rules', "$dir/rules", '--log', "$dir/log", '--listen', '127.0.0.1', '--listen', '::1',
    '--port-file', "$dir/port", '--with-parent') or die "fakedns: $!";
my ($port) = <$out> =~ /^PORT (\d+)$/ or die 'fakedns did not start';
END { kill 'TERM', $pid if $pid }

sub query {
	my ($name, $type, $edns) = @_;
	my $q = pack 'n6', 4711, 0x0100, 1, 0, 0, $edns ? 1 : 0;
	$q .= join('', map { pack 'C/a', $_ } split /\./, $name) . "\0" . pack 'n2', $type{$type}, 1;
	$q .= pack 'C n2 N n', 0, 41, 1232, 0, 0 if $edns;
	return $q;
}

# "RCODE ancount nscount", with flags of interest and the answer's bytes behind it.
sub describe {
	my ($p) = @_;
	return ('nothing', '') if !defined $p;
	my ($id, $flags, undef, $an, $ns) = unpack 'n5', $p;
	my $text = join ' ', $rcode[$flags & 15], $an, $ns;
	$text .= ' tc' if $flags & 0x0200;
	$text .= ' ad' if $flags & 0x0020;
	$text .= " id $id" if $id != 4711;
	return ($text, $p);
}

sub ask {
	my ($name, $type, $edns) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Proto => 'udp') or die $!;
	my $p;
	$s->send(query($name, $type, $edns));
	$s->recv($p, 4096) if IO::Select->new($s)->can_read($name =~ /^drop/ ? 0.2 : 10);
	return describe($p);
}

sub ask_tcp {
	my ($name, $type) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Proto => 'tcp') or die $!;
	print $s pack 'n/a', query($name, $type, 0);
	my ($len, $p) = ('', '');
	while (length $len < 2) { sysread $s, $len, 2 - length $len, length $len or return 'closed' }
	$len = unpack 'n', $len;
	while (length $p < $len) { sysread $s, $p, $len - length $p, length $p or return 'closed' }
	return describe($p);
}

for (
    ['example.org', 'A', 'NOERROR 1 0', "\xc0\x00\x02\x01"],
    ['EXAMPLE.org', 'TXT', 'NOERROR 1 0', "\7v=spf1 \4-all"],
    ['example.org', 'MX', 'NOERROR 1 0', "\2mx\7example"],
    ['mx.example.org', 'AAAA', 'NOERROR 1 0', "\x20\x01\x0d\xb8"],
    ['mx.example.org', 'TXT', 'NOERROR 0 1', "\0\0\0\x4d"],
    ['none.example.org', 'A', 'NXDOMAIN 0 1', 'hostmaster'],
    ['er.example.org', 'A', 'NOERROR 0 1', ''],		# empty non-terminal
    ['x.wild.example.org', 'A', 'NOERROR 1 0', "\xc0\x00\x02\x03"],
    ['x.y.wild.example.org', 'A', 'NOERROR 1 0', "\xc0\x00\x02\x03"],
    ['x.b.wild.example.org', 'A', 'NXDOMAIN 0 1', ''],	# b.wild exists: no wildcard
    ['alias.example.org', 'A', 'NOERROR 2 0', "\xc0\x00\x02\x02"],
    ['dangle.example.org', 'A', 'NXDOMAIN 1 1', ''],
    ['2.0.0.127.list.example', 'A', 'NOERROR 1 0', "\x7f\0\0\2"],
    ['77.1.0.192.list.example', 'A', 'NOERROR 1 0', "\x7f\0\0\x0a"],
    ['1.0.0.127.list.example', 'A', 'NXDOMAIN 0 1', ''],
    ['example.net', 'A', 'REFUSED 0 0', ''],
    ['big.example.org', 'TXT', 'NOERROR 0 0 tc', ''],
    ['drop.example.org', 'A', 'nothing', ''],
    ['drop.example.org', 'A', 'NXDOMAIN 0 1', ''],
    ['slow.example.org', 'A', 'NOERROR 1 0', ''],
    ['x.fail.example.org', 'TXT', 'SERVFAIL 0 0', ''],
    ['x.fail.example.org', 'A', 'NXDOMAIN 0 1', ''],
    ['fail.example.org', 'TXT', 'NXDOMAIN 0 1', ''],
    ['many.example.org', 'MX', 'NOERROR 2 0 ad', "\0\0\0\5"],
    ['many.example.org', 'A', 'NOERROR 0 0 tc', ''],
    ['tc.example.org', 'A', 'NOERROR 0 0 tc', ''],
    ['id.example.org', 'A', 'NOERROR 1 0 id ' . (4711 ^ 0x5500), ''],
    ['chain.example.org', 'A', 'NOERROR 4 0', "\2c3\5chain"],
    ['old.example.org', 'A', 'NXDOMAIN 0 1', ''],
) {
	my ($name, $type, $wanted, $bytes) = @$_;
	my ($got, $packet) = ask($name, $type);
	is($got, $wanted, "$name $type");
	ok(index($packet, $bytes) >= 0, "$name $type: its bytes") if length $bytes;
}
is((ask('old.example.org', 'A', 1))[0], 'FORMERR 0 0', 'EDNS is not understood');
is((ask('big.example.org', 'TXT', 1))[0], 'NOERROR 0 0 tc', 'too long for EDNS as well');
my ($got, $packet) = ask_tcp('big.example.org', 'TXT');
is($got, 'NOERROR 1 0', '4.5 KB over TCP');
ok(index($packet, 'r' x 250) > 0, '... to its end');
is((ask_tcp('tc.example.org', 'A'))[0], 'NOERROR 1 0', 'truncated, then TCP');

is((ask('hup.example.org', 'A'))[0], 'REFUSED 0 0', 'before SIGHUP');
spew 'rules', "rule hup.example.org A rcode SERVFAIL\nrule * A empty-tcp-close\n";
kill 'HUP', $pid;
for (1 .. 200) {
	open(my $log, '<', "$dir/log") or die $!;
	last if grep { $_ eq "reload\n" } <$log>;
	select undef, undef, undef, 0.05;
}
is((ask('hup.example.org', 'A'))[0], 'SERVFAIL 0 0', 'after SIGHUP');
is(ask_tcp('example.org', 'A'), 'closed', 'hangs up');
is((ask_tcp('example.org', 'MX'))[0], 'NOERROR 1 0', '... only where told');

kill 'TERM', $pid;
close $out;
is($?, 0, 'ends in peace');
undef $pid;
open(my $log, '<', "$dir/log") or die $!;
my @log = <$log>;
is(scalar(grep { $_ eq "udp example.org TXT\n" } @log), 1, 'logged once, in lower case');
ok((grep { $_ eq "tcp big.example.org TXT\n" } @log), 'TCP is logged as such');
done_testing;
