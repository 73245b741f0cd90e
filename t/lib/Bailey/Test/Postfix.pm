# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Postfix;

# A private Postfix: its configuration, queue, data, log and mailbox lie in the
# throw-away folder, it listens on one loopback port, sends nothing out, and
# knows nothing of the Postfix of the machine but its programs.

use v5.32;
use warnings;
use Bailey::Test::Process;
use Bailey::Test::Tools;

use constant PORT_TRIES => 20;

# Parameters of main.cf, in pairs, win over those here; a value may be code that
# is given the port.  listener: lines of master.cf instead of the one smtpd.
sub new {
	my ($class, $house, %main) = @_;
	my $listener = delete $main{listener} // sub { "127.0.0.1:$_[0] inet n - n - - smtpd\n" };
	my $self = bless { folder => "$house/postfix", main => \%main, listener => $listener }, $class;
	for my $tried (1 .. PORT_TRIES) {
		return $self if $self->start($self->{port} = free_port());
		my $log = $self->log;
		die "Postfix does not start:\n$log" if $log !~ /Address already in use/;
	}
	die "no free port for Postfix in ${\PORT_TRIES} tries\n";
}

# Below the ephemeral range, so that no client socket sits on it by chance.
sub free_port { return 20_000 + int rand 12_000 }

sub port { return $_[0]{port} }
sub process { return $_[0]{process} }
sub log { my ($self) = @_; return -e "$self->{folder}/log" ? slurp("$self->{folder}/log") : '' }

sub start {
	my ($self, $port) = @_;
	my $folder = $self->{folder};
	$self->write_configuration($port);
	unlink "$folder/log";
	run("$folder/start.log", '/usr/sbin/postfix', '-c', "$folder/etc", 'check');
	# master -d stays our child; it leads the process group of all its servers.
	my $master = Bailey::Test::Process->start("$folder/start.log",
	    config('daemon_directory') . '/master', '-d', '-c', "$folder/etc");
	my $up = wait_until {
		!$master->alive || ($self->log =~ /daemon started/ && is_listening($port));
	};
	$self->{process} = $master;
	return $up && $master->alive;
}

sub stop { $_[0]{process}->stop if $_[0]{process}; return }

sub is_listening {
	my ($port) = @_;
	return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) ? 1 : 0;
}

sub run {
	my ($log, @command) = @_;
	my $child = Bailey::Test::Process->start($log, @command);
	my $status = $child->wait(PATIENCE);
	die "@command: " . $child->log . "\n" if !defined $status || $status != 0;
	return;
}

sub config { my ($name) = @_; chomp(my $value = qx(/usr/sbin/postconf -dh $name)); return $value }

sub write_configuration {
	my ($self, $port) = @_;
	my $folder = $self->{folder};
	my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
	mkdir $_ for $folder, map { "$folder/$_" } qw(etc queue data mail);
	chown scalar(getpwnam 'postfix'), 0, "$folder/data";
	chown $uid, $gid, "$folder/mail";
	my %main = (
		compatibility_level => '3.6',
		queue_directory => "$folder/queue",
		data_directory => "$folder/data",
		maillog_file => "$folder/log",
		maillog_file_prefixes => $folder,
		myhostname => 'mx.example.org',
		inet_interfaces => '127.0.0.1',
		inet_protocols => 'all',
		mydestination => '',
		mynetworks => '127.0.0.1/32',
		local_recipient_maps => '',
		virtual_mailbox_domains => 'example.org',
		virtual_mailbox_base => "$folder/mail",
		virtual_mailbox_maps => 'static:box/',
		virtual_uid_maps => "static:$uid",
		virtual_gid_maps => "static:$gid",
		virtual_minimum_uid => 1,
		default_transport => 'error:this Postfix sends nothing out',
		smtp_dns_support_level => 'disabled',
		smtpd_peername_lookup => 'no',
		smtpd_authorized_xclient_hosts => '127.0.0.1',
		smtpd_client_connection_count_limit => 0,
		smtpd_recipient_restrictions => 'reject_unauth_destination',
		milter_default_action => 'tempfail',
		milter_protocol => 6,
		alias_maps => '',
		alias_database => '',
		biff => 'no',
		%{ $self->{main} },
	);
	spew("$folder/etc/main.cf", join '', map {
		"$_ = " . (ref $main{$_} ? $main{$_}->($port) : $main{$_}) . "\n"
	} sort keys %main);
	my $listener = $self->{listener}->($port);
	# Nothing runs in a chroot: the milter's socket is named by its real path.
	spew("$folder/etc/master.cf", <<"EOF_MASTER");
$listener
postlog	unix-dgram n - n - 1 postlogd
pickup	unix n - n 1 1 pickup
cleanup	unix n - n - 0 cleanup
qmgr	unix n - n 1 1 qmgr
rewrite	unix - - n - - trivial-rewrite
bounce	unix - - n - 0 bounce
defer	unix - - n - 0 bounce
trace	unix - - n - 0 bounce
verify	unix - - n - 1 verify
flush	unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq	unix n - n - - showq
error	unix - - n - - error
retry	unix - - n - - error
discard	unix - - n - - discard
smtp	unix - - n - - smtp
virtual	unix - n n - - virtual
anvil	unix - - n - 1 anvil
scache	unix - - n - 1 scache
EOF_MASTER
	return;
}

# The delivered message with this queue id, as bytes; undef when it does not arrive.
sub message {
	my ($self, $id) = @_;
	return wait_until {
		for my $path (glob "$self->{folder}/mail/box/new/*") {
			my $text = slurp($path);
			return $text if $text =~ /\bid \Q$id\E\b/;
		}
		return;
	};
}

# Fields of that name in a message, top to bottom, as they stand (folds kept).
sub fields {
	my ($text, $name) = @_;
	my ($head) = split /\n\n/, $text, 2;
	return $head =~ /^\Q$name\E\s*:((?:.*\n?)(?:[ \t].*\n?)*)/mgi;
}

# sendmail(1) of this Postfix: text in, queue ids come from the log.
sub sendmail {
	my ($self, $text, @arguments) = @_;
	local $ENV{MAIL_CONFIG} = "$self->{folder}/etc";
	open my $out, '|-', '/usr/sbin/sendmail', '-C', "$self->{folder}/etc", @arguments
	    or die "sendmail: $!\n";
	print $out $text;
	return close $out;
}

# The queue: one line of `postqueue -j' for each message.
sub queue {
	my ($self) = @_;
	local $ENV{MAIL_CONFIG} = "$self->{folder}/etc";
	return qx(/usr/sbin/postqueue -c $self->{folder}/etc -j);
}

1;
