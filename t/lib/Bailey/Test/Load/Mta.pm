# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Load::Mta;

# A private Postfix under load, which throws its mail away, with filters; and
# the CPU all of that takes.

use v5.32;
use warnings;
use Bailey::Test::Postfix;
use Bailey::Test::Tools;
use List::Util qw(max sum0 uniq);
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
sub log { return $_[0]{postfix}->log }

# Seconds so far: of all, and of the filters alone.
sub cpu {
	my ($self) = @_;
	my (%children, %name, %is);
	for my $path (glob '/proc/[0-9]*/stat') {
		# The process may be gone by now.
		my $text = eval { slurp($path) } // next;
		my ($pid, $name, $parent, $user, $system) = $text =~ /^(\d+) \((.*)\) \S (\d+) (?:\S+ ){11}(\d+) (\d+)/s or next;
		push @{ $children{$parent} }, $pid;
		$name{$pid} = $name;
		# What of its children has ended, only the parent knows.
		$is{$pid} = max(0, cpu_of($pid)) + ($user + $system) / 100;
	}
	my $tree = sub { my ($pid) = @_; return ($pid, map { __SUB__->($_) } @{ $children{$pid} // [] }) };
	my @postfix = $tree->($self->{postfix}->process->pid);
	# spawn(8) of Postfix runs filters, too.
	my @filters = map { $tree->($_) } (map { $_->process->pid } @{ $self->{beside} }), grep { $name{$_} eq 'spawn' } @postfix;
	return map { sum0 map { $is{$_} // 0 } uniq @$_ } [@postfix, @filters], \@filters;
}

# The CPU clock of another process: clock_getcpuclockid(3).
sub cpu_of { my ($pid) = @_; return clock_gettime((~$pid << 3) | 2) }

1;
