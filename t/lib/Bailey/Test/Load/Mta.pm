# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Load::Mta;

# A private Postfix under load, which throws its mail away, with filters; and
# the CPU all of that takes.

use v5.32;
use warnings;
use Bailey::Test::Postfix;
use Bailey::Test::Tools;
use Time::HiRes qw(clock_gettime);

# Filters, other daemons beside it, parameters of main.cf.
sub new {
	my ($class, $folder, @is) = @_;
	my ($filters, $others) = map { ref $is[0] ? shift @is : [] } 1 .. 2;
	mkdir $folder or die "$folder: $!\n";
	my $sockets = join ', ', map { $_->socket } @$filters;
	return bless {
		beside => [@$filters, @$others],
		postfix => Bailey::Test::Postfix->new($folder, smtpd_milters => $sockets,
		    virtual_transport => 'discard:', @is),
	}, $class;
}

sub port { return $_[0]{postfix}->port }

# Seconds so far: of the processes that are, and of those that have ended, which
# only their parent knows.
sub cpu {
	my ($self) = @_;
	my $master = $self->{postfix}->process->pid;
	my $sum = 0;
	for my $path (glob '/proc/[0-9]*/stat') {
		# The process may be gone by now.
		my $text = eval { slurp($path) } // next;
		my ($pid, $group, $ended) = $text =~ /^(\d+) \(.*\) \S \d+ (\d+) (?:\S+ ){10}(\d+ \d+)/ or next;
		next if $group != $master;
		$sum += cpu_of($pid);
		my ($user, $system) = split ' ', $ended;
		$sum += ($user + $system) / 100 if $pid == $master;
	}
	$sum += cpu_of($_->process->pid) for @{ $self->{beside} };
	return $sum;
}

# The CPU clock of another process: clock_getcpuclockid(3).
sub cpu_of { my ($pid) = @_; return clock_gettime((~$pid << 3) | 2) }

1;
