# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Opendkim;

# Debian's opendkim as a process of the test: to sign as a second witness, and
# to be measured beside.
#
#	my $opendkim = Bailey::Test::Opendkim->new($folder, Mode => 'v');
#	my ($record, $sign) = Bailey::Test::Opendkim::signer($folder, domain => 'd.example', selector => 's');
#	my @signed = $sign->('simple/relaxed', @messages);

use v5.32;
use warnings;
use Bailey::Test::Dkim;
use Bailey::Test::Mta;
use Bailey::Test::Process;
use Bailey::Test::Tools;

my $program = '/usr/sbin/opendkim';

sub why_not { return -x $program ? undef : 'opendkim is not installed' }

# Words of opendkim.conf(5) beside those every test needs.
sub new {
	my ($class, $folder, %conf) = @_;
	my $self = bless { path => "$folder/opendkim.sock" }, $class;
	%conf = (Socket => "local:$self->{path}", Background => 'no', Syslog => 'no', UMask => 0, %conf);
	unlink $self->{path};
	spew("$folder/opendkim.conf", join '', map { "$_ $conf{$_}\n" } sort keys %conf);
	$self->{process} = Bailey::Test::Process->start("$folder/opendkim.log", $program, '-f', '-x', "$folder/opendkim.conf");
	wait_until { -S $self->{path} || !$self->{process}->alive };
	die 'opendkim does not start: ' . slurp("$folder/opendkim.log") . "\n" if !$self->{process}->alive;
	return $self;
}

sub socket { return "unix:$_[0]{path}" }
sub process { return $_[0]{process} }
sub stop { $_[0]{process}->stop; return }

# The key record of a new key, and a function that signs messages with it; lines end in CRLF.
sub signer {
	my ($folder, %is) = @_;
	my $key = "$folder/opendkim.pem";
	system("openssl genrsa -out $key 2048 2>/dev/null") == 0 or die "openssl fails\n";
	my $public = join '', grep { !/-/ } split /\n/, qx(openssl rsa -in $key -pubout 2>/dev/null);
	return "v=DKIM1; k=rsa; p=$public", sub {
		my ($canon, @messages) = @_;
		my $opendkim = __PACKAGE__->new($folder, Mode => 's', KeyFile => $key, RequireSafeKeys => 'no',
		    Domain => $is{domain}, Selector => $is{selector}, InternalHosts => '0.0.0.0/0', Canonicalization => $canon);
		my $mta = Bailey::Test::Mta->new($opendkim->socket);
		$mta->do('open', "connect mail.$is{domain} 127.0.0.1 25", "helo mail.$is{domain}");
		my @signed = map { sign($mta, $is{domain}, Bailey::Test::Dkim::crlf($_)) } @messages;
		$opendkim->stop;
		return @signed;
	};
}

sub sign {
	my ($mta, $domain, $message) = @_;
	$mta->do("mail <joe\@$domain>", 'rcpt <b@example.org>', Bailey::Test::Dkim::commands($message, 4000));
	my ($field) = grep { /^DKIM-Signature:/ } $mta->headers;
	die "opendkim does not sign\n" if !defined $field;
	return $field =~ s/\\n/\r\n/gr =~ s/\\t/\t/gr . "\r\n$message";
}

1;
