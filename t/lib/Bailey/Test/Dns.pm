# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Dns;

# t/fakedns with zones and rules of the test.  Names outside are NXDOMAIN.
#
#	zones	=> [ master file text, ... ]
#	reverse	=> { '192.0.2.1' => 'name', '2001:db8::1' => [ 'two', 'names' ] }
#	rules	=> text of a rules file: see the head of t/fakedns.c
#	port	=> where it listens, if that matters
#	through	=> [ program and arguments that start it elsewhere ]

use v5.32;
use warnings;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use Socket qw(AF_INET6 inet_pton);

sub new {
	my ($class, $house, %is) = @_;
	my $self = bless { folder => "$house/dns", port => $is{port}, through => $is{through} // [] }, $class;
	mkdir $self->{folder} or die "$self->{folder}: $!\n";
	$self->write(%is);
	return $self->start;
}

sub start {
	my ($self) = @_;
	my $folder = $self->{folder};
	unlink "$folder/port";
	# The port stays the same when the server comes back.
	$self->{process} = Bailey::Test::Process->start("$folder/output",
	    @{ $self->{through} }, ($ENV{TOP_BUILDDIR} // '.') . '/t/fakedns', '--port', $self->{port} // 0,
	    '--port-file', "$folder/port", '--log', "$folder/log", '--default', 'NXDOMAIN',
	    '--zone', "$folder/zones", '--rules', "$folder/rules");
	wait_until { !$self->{process}->alive || -s "$folder/port" };
	die 'fakedns does not start: ' . $self->{process}->log . "\n" if !$self->{process}->alive;
	chomp($self->{port} = slurp("$folder/port"));
	return $self;
}

sub stop { $_[0]{process}->stop if $_[0]{process}; return }

sub process { return $_[0]{process} }
sub address { return "127.0.0.1\@$_[0]{port}" }

# Other zones and rules for the running server.
sub change {
	my ($self, %is) = @_;
	my $before = () = $self->questions('reload');
	$self->write(%is);
	$self->{process}->kill('HUP');
	wait_until { $self->questions('reload') > $before } or die "fakedns does not reload\n";
	return;
}

# Lines of the log that match: "udp 1.2.0.192.in-addr.arpa PTR".
sub questions {
	my ($self, $pattern) = @_;
	return grep { /$pattern/ } split /\n/, -e "$self->{folder}/log" ? slurp("$self->{folder}/log") : '';
}

sub write {
	my ($self, %is) = @_;
	my %reverse = %{ $is{reverse} // {} };
	my @zones = (@{ $is{zones} // [] },
	    map { "\$ORIGIN $_.\n@ SOA localhost. hostmaster.localhost. 1 3600 600 86400 60\n" }
	    qw(in-addr.arpa ip6.arpa));
	for my $address (sort keys %reverse) {
		my @names = ref $reverse{$address} ? @{ $reverse{$address} } : $reverse{$address};
		push @zones, map { ptr_name($address) . ". PTR $_." } @names;
	}
	spew("$self->{folder}/zones", join "\n", @zones, '');
	spew("$self->{folder}/rules", $is{rules} // '');
	return;
}

# 192.0.2.1 -> 1.2.0.192.in-addr.arpa
sub ptr_name {
	my ($address) = @_;
	return join '.', reverse(split /\./, $address), 'in-addr.arpa' if $address !~ /:/;
	my $packed = inet_pton(AF_INET6, $address) // die "not an address: $address\n";
	return join '.', reverse(split //, unpack 'H*', $packed), 'ip6.arpa';
}

1;
