# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Daemon;

# Bailey itself, in the foreground, with a configuration and a log of its own;
# under a program of BAILEY_UNDER, such as valgrind, that no sandbox lets in.

use v5.32;
use warnings;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use File::Temp ();
use IO::Socket::UNIX;
use POSIX ();

sub ctl_program { return ($ENV{TOP_BUILDDIR} // '.') . '/baileyctl' }
sub program { return ($ENV{TOP_BUILDDIR} // '.') . '/bailey' }

# text: of the configuration; keys it sets at top level are not set here.
sub new {
	my ($class, $house, $dns, $text) = @_;
	my $folder = "$house/bailey";
	if (!-d $folder) {
		mkdir $folder or die "$folder: $!\n";
		chown((getpwnam 'nobody')[2, 3], $folder) if $> == 0;
	}
	my $self = bless { folder => $folder, dns => $dns }, $class;
	$self->configure($text // '');
	$self->start;
	return $self;
}

sub configure {
	my ($self, $text) = @_;
	my %own = (
		socket => "unix:$self->{folder}/socket",
		'control-socket' => "unix:$self->{folder}/control",
		'socket-mode' => '0666',
		user => $> == 0 ? 'nobody' : (getpwuid $>)[0],
		log => 'stderr',
		'authserv-id' => 'mx.example.org',
		'trusted-networks' => undef,
		'state-directory' => $self->{folder},
	);
	my @lines = map { defined $own{$_} ? qq($_ = "$own{$_}") : "$_ = {}" }
	    grep { $text !~ /^\s*\Q$_\E\s*=/m } sort keys %own;
	# With its usual time-outs: a machine that stands still for a second must not decide about mail.
	push @lines, sprintf 'resolver { servers = { "%s" } }',
	    $self->{dns}->address if $self->{dns} && $text !~ /^\s*resolver\b/m;
	push @lines, 'sandbox = "off"' if $ENV{BAILEY_UNDER} && $text !~ /^\s*sandbox\b/m;
	# A test that is not about greylisting wants its mail at once.
	push @lines, 'greylist { mode = "off" }' if $text !~ /^\s*greylist\b/m;
	return spew($self->path, join "\n", @lines, $text, '');
}

sub path { return "$_[0]{folder}/bailey.conf" }
sub socket { return "unix:$_[0]{folder}/socket" }
sub control { return "$_[0]{folder}/control" }
sub log_path { return "$_[0]{folder}/log" }
sub log { return slurp($_[0]->log_path) }
sub process { return $_[0]{process} }

sub start {
	my ($self) = @_;
	my $program = program();
	$self->{process} = Bailey::Test::Process->start("$self->{folder}/log",
	    split(' ', $ENV{BAILEY_UNDER} // ''), $program, '-f', '-c', $self->path);
	wait_until {
		!$self->{process}->alive || IO::Socket::UNIX->new("$self->{folder}/socket");
	};
	die "$program does not start:\n" . $self->log . "\n" if !$self->{process}->alive;
	return;
}

sub stop { $_[0]{process}->stop if $_[0]{process}; return }

# A new configuration for the running daemon; waits for the log to say what came of it.
sub reload {
	my ($self, $text) = @_;
	my $before = length $self->log;
	$self->configure($text);
	$self->{process}->kill('HUP');
	return $self->wait_for_log(qr/is (?:not )?in force|stays/, $before);
}

# Text of a configuration in which no check looks at anything, but for those named.
sub quiet {
	my (@but) = @_;
	my $empty = File::Temp->new;
	my ($section, @text);
	for (split /\n/, scalar qx(${\program()} -t -v -c $empty)) {
		$section = $1 if /^(\S+)\s*\{/;
		push @text, qq($section { mode = "off" }\n)
		    if /^\tmode = / && !grep { $_ eq $section } @but;
	}
	return join '', @text;
}

# Its administrator's tool: exit status, standard output, standard error.
sub ctl {
	my ($self, @arguments) = @_;
	return run_tool('-c', $self->path, @arguments);
}

# The same for no daemon in particular.
sub run_tool {
	my (@arguments) = @_;
	my ($out, $err) = map { File::Temp->new } 1 .. 2;
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $out or POSIX::_exit(126);
		open STDERR, '>', $err or POSIX::_exit(126);
		exec { ctl_program() } ctl_program(), @arguments or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return ($? >> 8, slurp($out), slurp($err));
}

# The line of the log that matches, once it is there.
sub wait_for_log {
	my ($self, $pattern, $from) = @_;
	return wait_until {
		my ($line) = grep { /$pattern/ } split /\n/, substr $self->log, $from // 0;
		return $line;
	};
}

# Decisions and messages in the log: one hash of key => value each.
sub events {
	my ($self) = @_;
	return map { facts($_) } grep { /\bevent=/ } split /\n/, $self->log;
}

# key=value key="v w" -> hash
sub facts {
	my ($line) = @_;
	my %fact;
	while ($line =~ /([a-z_-]+)=("(?:[^"\\]|\\.)*"|\S*)/g) {
		my ($key, $value) = ($1, $2);
		$value =~ s/\A"(.*)"\z/$1/s;
		$fact{$key} = $value;
	}
	return \%fact;
}

1;
