# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Sendmail;

# A private Sendmail, from Debian's packages unpacked into a folder, because
# they cannot be installed beside Postfix (contrib/quickstart unpacks them).
# Its sendmail.cf is made from the lines bailey(8) gives for sendmail.mc.  It
# listens on one loopback port, puts mail for example.org into a folder, sends
# the rest to one other port or nowhere, and asks no DNS.

use v5.32;
use warnings;
use Bailey::Test::Process;
use Bailey::Test::Smtp;
use Bailey::Test::Tools;
use POSIX ();
use Socket qw(AF_UNIX PF_UNSPEC SOCK_STREAM);

use constant {
	PORT_TRIES => 20,
	NAP => 60,	# seconds it sleeps when its host's name has no dot
};

my $unpacked = $ENV{BAILEY_UNPACKED} // '/var/cache/bailey-test';
my $program = "$unpacked/usr/libexec/sendmail/sendmail";
my $cf = "$unpacked/usr/share/sendmail/cf";

# Why this machine cannot run a private Sendmail; undef if it can.
sub why_not {
	return 'a private Sendmail needs root' if $> != 0;
	return "Sendmail is not unpacked in $unpacked" if !-x $program || !-d $cf;
	return;
}

# socket	path of Bailey's
# next		port on loopback that gets mail for other domains
# filter	instead of the manual's lines
# mc		more lines of sendmail.mc
# name		of the host
# domain	its mail is put into the folder
# addresses	to listen on, instead of 127.0.0.1
sub new {
	my ($class, $house, %is) = @_;
	my $folder = "$house/sendmail";
	mkdir $_ for $folder, map { "$folder/$_" } qw(queue mail);
	chmod 0777, "$folder/mail" or die "$folder/mail: $!\n";	# no recipient is a user of this machine
	my $self = bless { addresses => ['127.0.0.1'], name => 'mx.example.org', domain => 'example.org', %is, folder => $folder }, $class;
	spew("$folder/deliver",
	    "new=\$(mktemp $folder/mail/.XXXXXXXX) && cat >\"\$new\" && mv \"\$new\" \"\$new.eml\"\n");
	for (1 .. PORT_TRIES) {
		return $self if $self->start($self->{port} = Bailey::Test::Postfix::free_port());
		my $log = $self->log;
		die "Sendmail does not start:\n$log" if $log !~ /Address already in use/;
	}
	die "no free port for Sendmail in ${\PORT_TRIES} tries\n";
}

sub port { return $_[0]{port} }
sub process { return $_[0]{process} }
sub log { my ($self) = @_; return -e "$self->{folder}/log" ? slurp("$self->{folder}/log") : '' }

sub start {
	my ($self, $port) = @_;
	unlink "$self->{folder}/log";
	$self->write_configuration($port);
	my $daemon = Bailey::Test::Process->start("$self->{folder}/log", $self->command('-bD'));
	my $up = wait_until { !$daemon->alive || Bailey::Test::Postfix::is_listening($port) } PATIENCE + NAP;
	$self->{process} = $daemon;
	return $up && $daemon->alive;
}

# Before it reads its configuration it insists on a host name with a dot, so it
# gets one of its own; where that is not allowed it takes its nap.
sub command {
	my ($self, @arguments) = @_;
	my @private = qw(unshare --uts);
	my $name = system("@private true 2>/dev/null") == 0 ? "hostname $self->{name};" : '';
	return ($name ? @private : ()), '/bin/sh', '-c', "$name exec \"\$0\" \"\$@\"",
	    $program, "-C$self->{folder}/sendmail.cf", @arguments;
}

sub stop { $_[0]{process}->stop if $_[0]{process}; return }

# What bailey(8) says to write into sendmail.mc, for this socket.
sub manual_lines {
	my ($socket) = @_;
	my ($section) = slurp(($ENV{TOP_SRCDIR} // '.') . '/doc/bailey.8') =~ /^\.Sh SENDMAIL\n(.*?)^\.Sh /ms;
	my ($lines) = $section =~ /^\.Bd -literal.*?\n(.*?)^\.Ed/ms;
	$lines =~ s{unix:/run/bailey/bailey\.sock}{$socket} or die "bailey(8) names another socket\n";
	return $lines;
}

sub write_configuration {
	my ($self, $port) = @_;
	my $folder = $self->{folder};
	my $filter = $self->{filter} // ($self->{socket} ? manual_lines($self->{socket}) : '');
	my $next = $self->{next} ? "define(`SMART_HOST', `relay:[127.0.0.1]')" : '';
	my $listen = join "\n", map {
		my $family = /:/ ? 'inet6' : 'inet';
		"DAEMON_OPTIONS(`Name=MTA-$family, Family=$family, Addr=$_, Port=$port')"
	} @{ $self->{addresses} };
	spew("$folder/service.switch", "hosts files\naliases files\n");
	spew("$folder/sendmail.mc", <<"END");
OSTYPE(`linux')
$listen
FEATURE(`no_default_msa')
FEATURE(`nocanonify')
FEATURE(`accept_unresolvable_domains')
FEATURE(`accept_unqualified_senders')
LOCAL_DOMAIN(`$self->{domain}')
define(`confDOMAIN_NAME', `$self->{name}')
define(`confPID_FILE', `$folder/pid')
define(`confSERVICE_SWITCH_FILE', `$folder/service.switch')
define(`QUEUE_DIR', `$folder/queue')
define(`STATUS_FILE', `')
define(`ALIAS_FILE', `')
define(`HELP_FILE', `')
define(`confDELIVERY_MODE', `i')
define(`confQUEUE_LA', `10000')
define(`confREFUSE_LA', `10000')
define(`confTO_IDENT', `0')
define(`confDONT_PROBE_INTERFACES', `true')
$next
define(`LOCAL_MAILER_PATH', `/bin/sh')
define(`LOCAL_MAILER_ARGS', `sh $folder/deliver \$u')
define(`RELAY_MAILER_ARGS', `TCP \$h @{[$self->{next} // 0]}')
MODIFY_MAILER_FLAGS(`LOCAL', `-wAS5f:|/')
@{[$self->{mc} // '']}
$filter
MAILER(`local')
MAILER(`smtp')
END
	my $made = qx(m4 -D_CF_DIR_=$cf/ $cf/m4/cf.m4 $folder/sendmail.mc 2>$folder/m4.log);
	die "m4 of $folder/sendmail.mc:\n", slurp("$folder/m4.log") if $? || $made !~ /^Mlocal/m;
	spew("$folder/sendmail.cf", $made);
	return;
}

# The delivered message with this queue id, as bytes; undef when it does not arrive.
sub message {
	my ($self, $id) = @_;
	return wait_until {
		for my $path (glob "$self->{folder}/mail/.*.eml") {
			my $text = slurp($path);
			return $text if $text =~ /\bid \Q$id\E\b/;
		}
		return;
	};
}

# SMTP on standard input (-bs), as a mail program of this host speaks it.
sub session {
	my ($self) = @_;
	socketpair(my $ours, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!\n";
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		close $ours;
		open STDIN, '<&', $its;
		open STDOUT, '>&', $its;
		exec $self->command('-bs') or POSIX::_exit(127);
	}
	return Bailey::Test::Smtp->over($ours);
}

1;
