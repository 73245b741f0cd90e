# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Redis;

# A private Redis in the throw-away folder: on a unix socket, and with
# tcp => 1 on a port of loopback, too.
#
#	my $redis = Bailey::Test::Redis->new($house->folder, tcp => 1, conf => "maxmemory 10mb\n");
#	store { url = "@{[ $redis->url ]}" }
#	$redis->cli('CONFIG', 'SET', 'maxmemory', '1');
#	$redis->process->kill('STOP');
#	$redis->stop; $redis->start;			empty again, at the same place
#
#	my @pair = Bailey::Test::Redis->pair($house->folder);	a master and its replica
#	my @sentinels = Bailey::Test::Redis->sentinels($house->folder, 3, $pair[0]);
#	my @nodes = Bailey::Test::Redis->cluster($house->folder, 3);

use v5.32;
use warnings;
use Bailey::Test::Postfix;
use Bailey::Test::Process;
use Bailey::Test::Tools;

use constant PORT_TRIES => 20;

my $made = 0;

# Why this machine cannot run one; undef if it can.
sub why_not { return -x '/usr/bin/redis-server' && -x '/usr/bin/redis-cli' ? undef : 'Redis is not installed' }

# conf: further lines of its configuration; sentinel: it is one; address: another
# than 127.0.0.1; by: the words of a command that runs it elsewhere.
sub new {
	my ($class, $house, %is) = @_;
	my $self = bless { address => '127.0.0.1', by => [], %is, folder => "$house/redis" . $made++ }, $class;
	mkdir $self->{folder} or die "$self->{folder}: $!\n";
	for (1 .. PORT_TRIES) {
		$self->{port} = Bailey::Test::Postfix::free_port() if $is{tcp};
		return $self if $self->start;
		die 'redis-server does not start: ' . $self->log if !$is{tcp} || $self->log !~ /Address already in use/;
	}
	die "no free port for Redis in ${\PORT_TRIES} tries\n";
}

sub port { return $_[0]{port} }
sub socket { return "$_[0]{folder}/socket" }
sub process { return $_[0]{process} }
sub log { my ($self) = @_; return -e "$self->{folder}/log" ? slurp("$self->{folder}/log") : '' }

# As in bailey.conf; user: "name:password@".
sub url {
	my ($self, $user) = @_;
	return $self->{port} ? 'redis://' . ($user // '') . "$self->{address}:$self->{port}" : 'unix:' . $self->socket;
}

# What it remembered is gone.
sub start {
	my ($self) = @_;
	my $folder = $self->{folder};
	my $port = $self->{port} // 0;
	unlink $self->socket, "$folder/log";
	# Sentinels and nodes of a cluster write down there what they found.
	spew("$folder/redis.conf", <<"EOF_CONF" . ($self->{conf} // '')) if !$self->{started};
bind $self->{address}
port $port
unixsocket ${\$self->socket}
unixsocketperm 777
dir $folder
save ""
appendonly no
EOF_CONF
	$self->{process} = Bailey::Test::Process->start("$folder/log", @{ $self->{by} }, '/usr/bin/redis-server',
	    "$folder/redis.conf", $self->{sentinel} ? '--sentinel' : ());
	wait_until { !$self->{process}->alive || -S $self->socket && $self->cli('PING') =~ /PONG|NOAUTH/ };
	return $self->{started} = $self->{process}->alive;
}

sub stop { $_[0]{process}->stop if $_[0]{process}; return }

# What redis-cli prints; NOAUTH and such errors too.
sub cli {
	my ($self, @command) = @_;
	my @login = $self->{password} ? ('-a', $self->{password}, '--no-auth-warning') : ();
	open my $out, '-|', 'redis-cli', '-s', $self->socket, @login, @command or die "redis-cli: $!\n";
	my $text = join '', <$out>;
	close $out;
	chomp $text;
	return $text;
}

# How many keys begin so.
sub keys { my ($self, $prefix) = @_; return scalar(() = $self->cli('--scan', '--pattern', "$prefix*") =~ /^/mg) }

sub pair {
	my ($class, $house) = @_;
	my $master = $class->new($house, tcp => 1, conf => "repl-diskless-sync-delay 0\n");
	my $replica = $class->new($house, tcp => 1, conf => "replicaof 127.0.0.1 $master->{port}\n");
	wait_until { $replica->cli('INFO', 'replication') =~ /master_link_status:up/ } or die "the replica does not follow\n";
	return ($master, $replica);
}

# Sentinels that call the master "mail" and find it gone after half a second;
# password: which they want.
sub sentinels {
	my ($class, $house, $n, $master, $password) = @_;
	my %guarded = defined $password ? (password => $password) : ();
	my $guard = defined $password ? "requirepass $password\n" : '';
	my $quorum = int($n / 2) + 1;
	my @sentinels = map { $class->new($house, tcp => 1, sentinel => 1, %guarded, conf => $guard . <<"EOF_CONF") } 1 .. $n;
sentinel monitor mail 127.0.0.1 $master->{port} $quorum
sentinel down-after-milliseconds mail 500
sentinel failover-timeout mail 3000
EOF_CONF
	for my $sentinel (@sentinels) {
		wait_until { $sentinel->cli('SENTINEL', 'CKQUORUM', 'mail') =~ /^OK $n/
		    && $sentinel->cli('SENTINEL', 'REPLICAS', 'mail') =~ /slave0|port/ }
		    or die "the sentinels do not find each other\n";
	}
	return @sentinels;
}

# Masters without replicas, all slots among them.
sub cluster {
	my ($class, $house, $n, $conf) = @_;
	my @nodes = map { $class->new($house, tcp => 1,
	    conf => "cluster-enabled yes\ncluster-node-timeout 1000\n" . ($conf // '')) } 1 .. $n;
	my @addresses = map { "127.0.0.1:$_->{port}" } @nodes;
	$nodes[0]->cli('--cluster', 'create', @addresses, '--cluster-yes') =~ /All 16384 slots covered/
	    or die "no cluster\n";
	for my $node (@nodes) {
		wait_until { $node->cli('CLUSTER', 'INFO') =~ /cluster_state:ok/ } or die "no cluster\n";
	}
	return @nodes;
}

1;
