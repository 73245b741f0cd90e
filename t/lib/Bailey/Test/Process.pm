# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Process;

# A program that runs beside the test, in a process group of its own, and ends
# with the test however that ends.

use v5.32;
use warnings;
use Bailey::Test::Tools;
use POSIX qw(WNOHANG setpgid);

use constant GRACE => 10;	# seconds between TERM and KILL

my %running;			# pid => the process that started it

sub start {
	my ($class, $log, @command) = @_;
	return $class->start_code($log, sub {
		exec { $command[0] } @command or print "$command[0]: $!\n";
		POSIX::_exit(127);
	}, $command[0]);
}

# The same with code instead of a program.
sub start_code {
	my ($class, $log, $code, $name) = @_;
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		setpgid(0, 0);
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $log or POSIX::_exit(126);
		open STDERR, '>&', \*STDOUT;
		$code->();
		POSIX::_exit(0);
	}
	setpgid($pid, $pid);
	$running{$pid} = $$;
	return bless { pid => $pid, log => $log, name => $name // 'code' }, $class;
}

sub pid { return $_[0]{pid} }

# Still there?  Its end is kept in status().
sub alive {
	my ($self) = @_;
	return 0 if defined $self->{status};
	return 1 if waitpid($self->{pid}, WNOHANG) == 0;
	$self->{status} = $?;
	delete $running{ $self->{pid} };
	return 0;
}

sub status { my ($self) = @_; $self->alive; return $self->{status} }

sub kill {
	my ($self, $signal) = @_;
	return $self->alive && CORE::kill $signal, $self->{pid};
}

# Wait for the end; undef if it does not come.
sub wait {
	my ($self, $seconds) = @_;
	for (1 .. $seconds * 50) {
		return $self->{status} if !$self->alive;
		select undef, undef, undef, 0.02;
	}
	return;
}

sub stop {
	my ($self) = @_;
	local ($?, $!, $@);
	$self->kill('TERM');
	CORE::kill 'KILL', -$self->{pid} if !defined $self->wait(GRACE);
	return $self->wait(GRACE);
}

sub log { my ($self) = @_; return -e $self->{log} ? slurp($self->{log}) : '' }

# What it takes: seconds of processor so far, kilobytes of memory, open files, threads.
sub cpu {
	my ($self) = @_;
	my @field = split ' ', slurp("/proc/$self->{pid}/stat") =~ s/.*\) //sr;
	return ($field[11] + $field[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}
sub memory { my ($self) = @_; return slurp("/proc/$self->{pid}/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0 }
# Terabytes that a sanitizer has taken in advance.
sub is_sanitized { my ($self) = @_; return slurp("/proc/$self->{pid}/status") =~ /^VmSize:\s+(\d+)/m && $1 > 2**30 }
sub files { my ($self) = @_; return scalar(() = glob "/proc/$self->{pid}/fd/*") }
sub threads { my ($self) = @_; return scalar(() = glob "/proc/$self->{pid}/task/*") }

# Another soft limit (prlimit(1)) while it runs; code that restores the one before.
sub limit {
	my ($self, $what, $value) = @_;
	my ($uid, $gid) = (stat "/proc/$self->{pid}")[4, 5];
	# Only who it is may do that, not even root.
	my @as = $> == $uid ? () : ('setpriv', "--reuid=$uid", "--regid=$gid", '--clear-groups');
	my @prlimit = (@as, 'prlimit', '--pid', $self->{pid});
	my ($was) = qx(@prlimit --$what --noheadings --output SOFT) =~ /(\w+)/;
	my $set = sub { system(@prlimit, "--$what=$_[0]:") == 0 or die "prlimit fails\n" };
	$set->($value);
	return sub { $set->($was) };
}

# Let it live on after the test; its pid.
sub release { my ($self) = @_; delete $running{ $self->{pid} }; return $self->{pid} }

sub DESTROY { my ($self) = @_; $self->stop if ($running{ $self->{pid} } // 0) == $$; return }

# die, exit and the signals of an impatient person all come through here.
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
END {
	my $status = $?;
	my @left = grep { $running{$_} == $$ } keys %running;
	CORE::kill 'TERM', @left if @left;
	for my $pid (@left) {
		my $end = time + GRACE;
		while (waitpid($pid, WNOHANG) == 0) {
			CORE::kill 'KILL', -$pid if time > $end;
			select undef, undef, undef, 0.02;
		}
	}
	$? = $status;
}

1;
