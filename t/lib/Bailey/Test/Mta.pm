# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Mta;

# One MTA connection, played by t/mtaclient from commands of the test.
#
#	my $mta = Bailey::Test::Mta->new($socket);
#	my @said = $mta->do('open', 'connect host 192.0.2.1 25', 'mail <a@b>');

use v5.32;
use warnings;
use IPC::Open2;
use Bailey::Test::Tools;

sub program { return ($ENV{TOP_BUILDDIR} // '.') . '/t/mtaclient/mtaclient' }

sub new {
	my ($class, $socket) = @_;
	my $self = bless { turn => 0 }, $class;
	$self->{pid} = open2($self->{out}, $self->{in}, program(), '-s', $socket);
	return $self;
}

# Give the commands; what was printed until all were done.
sub do {
	my ($self, @commands) = @_;
	$self->start(@commands);
	return $self->finish;
}

# In two halves, for several at once.
sub start {
	my ($self, @commands) = @_;
	my $mark = 'turn ' . ++$self->{turn};
	local $SIG{PIPE} = 'IGNORE';
	my $in = $self->{in};
	print $in map { "$_\n" } map { split /\n/ } @commands, "echo $mark";
	$in->flush;
	return;
}

sub finish {
	my ($self) = @_;
	my ($out, @said) = $self->{out};
	while (defined(my $line = <$out>)) {
		chomp $line;
		return @said if $line eq "echo: turn $self->{turn}";
		push @said, $line;
	}
	return @said, 'mtaclient has ended';
}

# The last line printed by the commands.
sub last { my ($self, @commands) = @_; return ($self->do(@commands))[-1] }

# Header of the last message as delivered: "Name: value" each, top to bottom.
sub headers {
	my ($self) = @_;
	return grep { $_ ne 'end' } map { s/^headers: //r } $self->do('headers');
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $!, $@);
	close $self->{in} if $self->{in};
	waitpid $self->{pid}, 0 if $self->{pid};
	return;
}

1;
