# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Dkim;

# Messages signed by dkimpy (Debian: python3-dkim), and the keys for the zone.
#
#	my ($records, @signed) = Bailey::Test::Dkim::sign(
#	    { k => 'rsa-2048' }, { message => $text, key => 'k', domain => 'd.example', selector => 's' });

use v5.32;
use warnings;
use File::Basename;
use IPC::Open2;
use JSON::PP;

my $python = '/usr/bin/python3';

sub why_not {
	return 'python3-dkim is not installed' if system("$python -c 'import dkim, nacl' 2>/dev/null") != 0;
	return;
}

# Lines end in CRLF; the signature stands on top.
sub sign {
	my ($keys, @jobs) = @_;
	my @todo = map {
		my $job = $_;
		+{ map({ $_ => $job->{$_} } grep { exists $job->{$_} } qw(key domain selector algorithm canon headers length)),
			message => unpack 'H*', crlf($job->{message}) };
	} @jobs;
	my $pid = open2(my $out, my $in, $python, dirname(__FILE__) . '/../../../dkimsign.py');
	print $in encode_json({ keys => $keys, jobs => \@todo });
	close $in;
	local $/;
	my $text = <$out>;
	waitpid $pid, 0;
	die "dkimsign.py fails\n" if $? != 0;
	my $done = decode_json($text);
	return ($done->{records}, map { pack 'H*', $_ } @{ $done->{signed} });
}

# "pass ALGORITHM DOMAIN SELECTOR" or "fail ..." for each signature of a delivered message.
sub verify {
	my ($records, $message) = @_;
	my $pid = open2(my $out, my $in, $python, dirname(__FILE__) . '/../../../dkimverify.py');
	print $in encode_json({ records => $records, message => unpack 'H*', crlf($message) });
	close $in;
	chomp(my @found = <$out>);
	waitpid $pid, 0;
	die "dkimverify.py fails\n" if $? != 0;
	return @found;
}

# One TXT record in strings of 255 octets, as a master file has it.
sub txt { my ($record) = @_; return join ' ', map { qq("$_") } $record =~ /.{1,255}/g }

sub crlf { my ($text) = @_; return $text =~ s/\r?\n/\r\n/gr }

# A message as commands for t/mtaclient; the body in chunks of that size.
sub commands {
	my ($message, $chunk) = @_;
	my ($header, $body) = $message =~ /\A(.*?\r\n)(?:\r\n(.*))?\z/s;
	my @fields = $header =~ /((?:[^\r\n]+\r\n)(?:[ \t][^\r\n]*\r\n)*)/g;
	return (map({ 'header ' . escape(s/\r\n\z//r =~ s/\r\n/\n/gr) } @fields), 'eoh',
	    map({ 'body ' . escape($_) } ($body // '') =~ /.{1,$chunk}/gs), 'eom');
}

sub escape { my ($bytes) = @_; return $bytes =~ s/([^!-\[\]-~]|\A[ ]|[ ]\z|\\)/sprintf '\x%02x', ord $1/ger }

1;
