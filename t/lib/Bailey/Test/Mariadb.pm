# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Mariadb;

# A private MariaDB in the throw-away folder, on a unix socket alone.
#
#	my $db = Bailey::Test::Mariadb->new($house->folder);
#	$db->sql('CREATE DATABASE x');
#	hosts = unix:$socket with my $socket = $db->socket

use v5.32;
use warnings;
use Bailey::Test::Process;
use Bailey::Test::Tools;

# Why this machine cannot run one; undef if it can.
sub why_not { return -x '/usr/sbin/mariadbd' && -x '/usr/bin/mariadb-install-db' ? undef : 'MariaDB is not installed' }

sub new {
	my ($class, $house) = @_;
	my $self = bless { folder => "$house/mariadb" }, $class;
	mkdir $self->{folder} or die "$self->{folder}: $!\n";
	my $user = getpwuid $>;
	my $status = Bailey::Test::Process->start("$self->{folder}/install.log", '/usr/bin/mariadb-install-db',
	    '--no-defaults', "--user=$user", "--datadir=$self->{folder}/data", '--skip-test-db',
	    '--auth-root-authentication-method=normal', '--innodb-log-file-size=4M')->wait(4 * PATIENCE);
	die 'mariadb-install-db: ' . slurp("$self->{folder}/install.log") if !defined $status || $status != 0;
	return $self->start;
}

sub start {
	my ($self) = @_;
	my $user = getpwuid $>;
	my $folder = $self->{folder};
	$self->{process} = Bailey::Test::Process->start("$folder/log", '/usr/sbin/mariadbd', '--no-defaults',
	    "--user=$user", "--datadir=$folder/data", '--socket=' . $self->socket, "--pid-file=$folder/pid",
	    '--skip-networking', '--innodb-buffer-pool-size=8M', '--innodb-log-file-size=4M',
	    '--max-connections=50');
	wait_until { !$self->{process}->alive || $self->answers } 4 * PATIENCE;
	die 'mariadbd does not start: ' . slurp("$folder/log") if !$self->{process}->alive;
	return $self;
}

sub socket { return "$_[0]{folder}/socket" }
sub process { return $_[0]{process} }
sub stop { $_[0]{process}->stop if $_[0]{process}; return }

sub client { my ($self) = @_; return ('/usr/bin/mariadb', '--no-defaults', '--user=root', '--socket=' . $self->socket, '--batch') }

sub answers {
	my ($self) = @_;
	my $command = join ' ', $self->client, '-e', '"SELECT 1"';
	return system("$command >/dev/null 2>&1") == 0;
}

# Statements; dies when one fails.
sub sql {
	my ($self, $text) = @_;
	open my $in, '|-', $self->client or die "mariadb: $!\n";
	print $in $text;
	close $in or die "mariadb: the statements failed\n";
	return;
}

1;
