# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Load;

# A house for measurements: clients, senders and keys as they should be in its
# DNS, everything on in Bailey, t/load to play many MTA connections, and tables
# of what it says.
#
#	my $load = Bailey::Test::Load->new(clients => 200, domains => 50, rules => $text, greylist => $text, conf => $text);
#	my %figure = $load->run($load->house->bailey, qw(--connections 8 --messages 1000));
#
# own_network: Bailey::Test::Load::Network; clients call an MTA from their own
# addresses, and all programs ask this DNS.

use v5.32;
use warnings;
use Bailey::Test;
use Bailey::Test::Opendkim;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use Exporter 'import';

our @EXPORT_OK = qw(median column ratio heading row verdict missed);

use constant LISTS => 8;

sub new {
	my ($class, %is) = @_;
	# A triplet is known after a second.
	my $self = bless { clients => 200, domains => 50, greylist => 'apply = "all" delay = "1s"', house => Bailey::Test->new, %is }, $class;
	$self->make_key;
	$self->house->dns(zones => [ $self->zones ], rules => $is{rules} // '', $is{own_network} ? (port => 53) : (),
	    reverse => { map { (address($_) => "c$_.load.example") } 0 .. $self->{clients} - 1 });
	$self->house->bailey($self->everything);
	return $self;
}

sub house { return $_[0]{house} }

# DNS lists, on which nobody is.
sub lists { return map { "bl$_.example" } 1 .. LISTS }

# Every check on.
sub everything {
	my ($self) = @_;
	return join "\n", 'maximum-sessions = 6000', "greylist { $self->{greylist} }",
	    'dnsbl { ' . join(' ', map { qq(zone "$_" {}) } lists()) . ' }', $self->{conf} // '', '';
}

# Of client n in t/load/mail.c.
sub address { my ($n) = @_; return sprintf '198.%d.%d.%d', 18 + ($n >> 16 & 1), $n >> 8 & 255, $n & 255 }

sub key { my ($self) = @_; return $self->house->folder . '/load.pem' }

sub make_key {
	my ($self) = @_;
	my $path = $self->key;
	system("openssl genrsa -out $path 2048 2>/dev/null") == 0 or die "openssl fails\n";
	my $public = join '', map { s/\s//gr } grep { !/-/ } qx(openssl rsa -in $path -pubout 2>/dev/null);
	$self->{record} = "v=DKIM1; k=rsa; p=$public";
	return;
}

sub zones {
	my ($self) = @_;
	my $soa = "\$TTL 86400\n@ SOA a b 1 1 1 86400 86400\n";
	my $record = join ' ', map { qq("$_") } $self->{record} =~ /.{1,200}/g;
	# Without its SOA a name that does not exist could not be remembered.
	return ("\$ORIGIN example.\n$soa", join('', "\$ORIGIN load.example.\n$soa", "mx A 8.8.8.8\n",
	    map({ "c$_ A " . address($_) . "\n" } 0 .. $self->{clients} - 1),
	    map({ "d$_ MX 0 mx\nd$_ TXT \"v=spf1 ip4:198.18.0.0/15 -all\"\n"
		. "_dmarc.d$_ TXT \"v=DMARC1; p=reject\"\ns1._domainkey.d$_ TXT $record\n" } 0 .. $self->{domains} - 1)),
	    map { "\$ORIGIN $_.\n${soa}2.0.0.127 A 127.0.0.2\n" } lists());
}

# Figures by name.  To: what has a socket and a process, or an MTA with a port and its CPU.
sub run {
	my ($self, $to, @options) = @_;
	my @where = $to->can('port') ? ('--smtp', 'inet:' . $to->port . '@127.0.0.1', $self->{own_network} ? '--own-addresses' : ())
	    : ('--filter', $to->socket, '--pid', $to->process->pid);
	push @where, '--dkim', $self->key if !$self->{unsigned};
	my $program = ($ENV{TOP_BUILDDIR} // '.') . '/t/load/load';
	my @cpu = $to->can('cpu') ? $to->cpu : ();
	open my $out, '-|', $program, @where, '--clients', $self->{clients}, '--domains', $self->{domains}, @options
	    or die "$program: $!\n";
	my %figure = map { split } <$out>;
	close $out;
	die "$program fails\n" if !defined $figure{accepted};
	if (@cpu && $figure{accepted}) {
		my @now = $to->cpu;
		@figure{'cpu-s-per-1000', 'own-cpu-s-per-1000'} = map { 1000 * ($now[$_] - $cpu[$_]) / $figure{accepted} } 0, 1;
	}
	die "not all messages were accepted: @options: $figure{accepted}, $figure{deferred} deferred, "
	    . "$figure{rejected} rejected, $figure{lost} lost\n" if !$self->{careless} && $figure{deferred} + $figure{rejected} + $figure{lost} > 0;
	return %figure;
}

# Every client has been here before, and waited; an MTA has all processes it will need.
sub warm {
	my ($self, @to) = @_;
	local $self->{careless} = 1;
	my @options = ('--messages', $self->{clients}, '--connections', 64);
	$self->run($_, @options) for @to;
	sleep 2;
	$self->run($_, @options) for @to;
	return;
}

# Keys from a file, if it cannot ask this DNS.
sub opendkim {
	my ($self) = @_;
	my $folder = $self->house->folder;
	spew("$folder/keys", join '', map { "s1._domainkey.d$_.load.example $self->{record}\n" } 0 .. $self->{domains} - 1);
	return Bailey::Test::Opendkim->new($folder, Mode => 'v', $self->{own_network} ? (Nameservers => '127.0.0.1') : (TestPublicKeys => "$folder/keys"),
	    InternalHosts => 'refile:/dev/null', ExternalIgnoreList => 'refile:/dev/null', AuthservID => 'mx.example.org');
}

sub postgrey {
	my ($self, $delay) = @_;
	my $folder = $self->house->folder . '/postgrey';
	mkdir $folder or die "$folder: $!\n";
	my $process = Bailey::Test::Process->start("$folder/log", '/usr/sbin/postgrey', "--unix=$folder/socket",
	    "--delay=$delay", '--auto-whitelist-clients=0', "--dbdir=$folder", '--user=' . (getpwuid $>)[0], '--group=' . (getgrgid $))[0]);
	wait_until { -S "$folder/socket" } or die "postgrey does not start\n";
	chmod 0666, "$folder/socket";
	return bless { socket => "unix:$folder/socket", process => $process }, 'Bailey::Test::Load::Peer';
}

# The filter that does nothing, as an object with a socket and a process.
sub null_filter {
	my ($self, @options) = @_;
	my $socket = $self->house->folder . "/null@options.sock";
	my $process = Bailey::Test::Process->start("$socket.log", ($ENV{TOP_BUILDDIR} // '.') . '/t/bench/nullfilter',
	    "unix:$socket", @options);
	wait_until { -S $socket } or die "the null filter does not start\n";
	chmod 0666, $socket;
	return bless { socket => "unix:$socket", process => $process }, 'Bailey::Test::Load::Peer';
}

# For each of some peers the figures of each run, the peers taking turns.
sub in_turn {
	my ($self, $runs, $peers, @options) = @_;
	my @is;
	for (1 .. $runs) {
		push @{ $is[$_] }, { $self->run($peers->[$_], @options) } for 0 .. $#$peers;
	}
	return @is;
}

# The median of one figure for each peer.
sub column {
	my ($figure, @is) = @_;
	return map { median(map { $_->{$figure} } grep { defined $_->{$figure} } @$_) } @is;
}

# One figure of a peer to that of another one, run by run.
sub ratio { my ($figure, $of, $to) = @_; return median(map { $of->[$_]{$figure} / $to->[$_]{$figure} } 0 .. $#$of) }

sub median { my @v = sort { $a <=> $b } @_; return $v[$#v / 2] }

# ---- tables

my $missed = 0;

sub heading { printf "\n%s\n%-38s%s\n", shift, '', join '', map { sprintf '%11s', $_ } @_; return }

# Numbers as columns, then what is said about them.
sub row {
	my ($name, $numbers, @said) = @_;
	printf "%-38s%s%s\n", $name, join('', map { sprintf '%11s', defined $_ ? digits($_) : '-' } @$numbers),
	    @said ? "   @said" : '';
	return;
}

sub digits { my ($n) = @_; return $n >= 100 ? sprintf '%.0f', $n : $n >= 10 ? sprintf '%.1f', $n : sprintf '%.2f', $n }

# "0.93 >= 0.80 holds"
sub verdict {
	my ($name, $is, $how, $target) = @_;
	my $holds = $how eq '>=' ? $is >= $target : $is <= $target;
	$missed++ if !$holds;
	return sprintf '%s %s, wanted %s %s: %s', $name, digits($is), $how, digits($target), $holds ? 'holds' : 'MISSED';
}

sub missed { return $missed }

package Bailey::Test::Load::Peer;

sub socket { return $_[0]{socket} }
sub process { return $_[0]{process} }
sub stop { return $_[0]{process}->stop }

1;
