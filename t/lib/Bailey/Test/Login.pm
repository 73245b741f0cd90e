# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Login;

# Who may log in: answers Postfix as Dovecot's auth service does, for PLAIN.
#
#	my $login = Bailey::Test::Login->new("$folder/auth", 'joe@example.org' => 'secret');
#	$house->postfix(smtpd_sasl_type => 'dovecot', smtpd_sasl_path => "$folder/auth", ...);

use v5.32;
use warnings;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use IO::Socket::UNIX;
use MIME::Base64;
use POSIX ();

sub new {
	my ($class, $path, %password) = @_;
	my $socket = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die "$path: $!\n";
	chmod 0666, $path or die "$path: $!\n";
	my $process = Bailey::Test::Process->start_code("$path.log", sub {
		while (my $client = $socket->accept) { next if fork; serve($client, %password); POSIX::_exit(0) }
	});
	return bless { process => $process }, $class;
}

sub serve {
	my ($client, %password) = @_;
	$client->autoflush(1);
	print $client join "\n", "VERSION\t1\t1", "MECH\tPLAIN\tplaintext", "SPID\t$$", "CUID\t1", "COOKIE\t0", "DONE\n";
	while (<$client>) {
		chomp;
		my ($command, $id, @fields) = split /\t/;
		next if $command ne 'AUTH';
		my ($response) = map { /^resp=(.*)/ ? decode_base64($1) : () } @fields;
		my (undef, $user, $given) = split /\0/, $response // '';
		my $good = defined $given && ($password{$user} // '') eq $given;
		print $client $good ? "OK\t$id\tuser=$user\n" : "FAIL\t$id\n";
	}
	return;
}

1;
