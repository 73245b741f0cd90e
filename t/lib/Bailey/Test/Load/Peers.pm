# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Load::Peers;

# Postfix with what filters there are: none, Bailey, ones that do nothing, and
# where they are installed what others put in Bailey's place.
#
#	my $load = Bailey::Test::Load->new(own_network => 1);
#	my $peers = Bailey::Test::Load::Peers->new($load, delay => 1, null => 1);
#		seconds of postgrey, else none; filters that do nothing, too
#	$peers->names; $peers->mtas; $peers->said

use v5.32;
use warnings;
use Bailey::Test::Load::Mta;
use Bailey::Test::Opendkim;
use Bailey::Test::Process;
use Bailey::Test::Tools;
use Exporter 'import';

our @EXPORT_OK = qw(BARE BAILEY);

# Where they stand in every list.
use constant {
	BARE => 0,
	BAILEY => 1,
};

sub new {
	my ($class, $load, %is) = @_;
	my $self = bless { load => $load, names => [], mtas => [], said => [], %is }, $class;
	$self->add('bare');
	# It has another resolver where the machine's programs go other ways than resolv.conf.
	$load->run($self->{mtas}[BARE], qw(--messages 1));
	die "Postfix does not ask the DNS of the test\n" if !$load->house->dns->questions('PTR');
	$self->add('bailey', [$load->house->bailey]);
	$self->add('null', [$load->null_filter]) if $is{null};
	$self->add('null-quiet', [$load->null_filter('quiet')]) if $is{null};
	$self->add('chain', $self->chain);
	$self->add('rspamd', [$self->rspamd]) if -x '/usr/bin/rspamd';
	push @{ $self->{said} }, 'no rspamd' if !-x '/usr/bin/rspamd';
	return $self;
}

sub names { my ($self) = @_; return @{ $self->{names} } }
sub mtas { my ($self) = @_; return @{ $self->{mtas} } }
# Of what the chain consists, and who is missing.
sub said { my ($self) = @_; return join '; ', @{ $self->{said} } }

sub folder { my ($self) = @_; return $self->{load}->house->folder }

sub add {
	my ($self, $name, @is) = @_;
	push @{ $self->{names} }, $name;
	push @{ $self->{mtas} }, Bailey::Test::Load::Mta->new($self->folder . "/mta-$name", @is, smtpd_peername_lookup => 'yes');
	return;
}

# The usual one, of what is installed.
sub chain {
	my ($self) = @_;
	my $load = $self->{load};
	my (@filters, @beside, %main);
	my @restrictions = ('reject_unauth_destination', map { "reject_rbl_client $_" } $load->lists);
	my @parts = scalar($load->lists) . ' reject_rbl_client';
	if (-x '/usr/bin/policyd-spf') {
		push @parts, 'policyd-spf';
		push @restrictions, 'check_policy_service unix:private/policyd-spf';
		my $conf = spew($self->folder . '/policyd-spf.conf', "debugLevel = 0\nTestOnly = 1\n");
		%main = ('policyd-spf_time_limit' => 3600, listener => sub { <<"EOF_MASTER" });
127.0.0.1:$_[0] inet n - n - - smtpd
policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf $conf
EOF_MASTER
	}
	if (-x '/usr/sbin/postgrey') {
		push @parts, 'postgrey';
		# 0 would be its default.
		push @beside, $load->postgrey($self->{delay} // -1);
		push @restrictions, 'check_policy_service ' . $beside[0]->socket;
	}
	if (!Bailey::Test::Opendkim::why_not()) {
		push @parts, 'opendkim';
		push @filters, $load->opendkim;
	}
	push @{ $self->{said} }, 'chain: ' . join ', ', @parts;
	return (\@filters, \@beside, smtpd_recipient_restrictions => join(', ', @restrictions), %main);
}

# With the modules for what Bailey does, but greylisting, which needs Redis there.
sub rspamd {
	my ($self) = @_;
	my $folder = $self->folder . '/rspamd';
	mkdir $folder or die "$folder: $!\n";
	chown((getpwnam '_rspamd')[2, 3], $folder);
	my $lists = join '', map { qq(\t"$_" { symbol = "LIST_$_"; rbl = "$_"; checks = ["from"]; }\n) } $self->{load}->lists;
	my $modules = join '', map { qq(path = "\${PLUGINSDIR}/$_.lua"; ) } qw(spf rbl dmarc milter_headers);
	spew("$folder/rspamd.conf", <<"EOF_CONF");
options {
	filters = "dkim";
	tempdir = "$folder";
	control_socket = "$folder/control mode=0600";
	url_tld = "\${SHAREDIR}/effective_tld_names.dat";
	dns { nameserver = ["127.0.0.1:53:1"]; timeout = 5s; }
}
logging { type = "console"; level = "error"; }
worker "rspamd_proxy" {
	bind_socket = "$folder/socket mode=0666";
	milter = yes;
	timeout = 120s;
	upstream "local" { default = yes; self_scan = yes; }
	count = 2;
}
modules { $modules}
actions { reject = 1000; add_header = 900; greylist = null; }
spf { }
dkim { }
dmarc { }
rbl { rbls {
$lists} }
milter_headers { use = ["authentication-results"]; authenticated_headers = []; }
EOF_CONF
	my $process = Bailey::Test::Process->start("$folder/log", '/usr/bin/rspamd', '-f', '-u', '_rspamd', '-g', '_rspamd',
	    '-c', "$folder/rspamd.conf", '--var', "DBDIR=$folder", '--var', "RUNDIR=$folder", '--var', "LOGDIR=$folder");
	wait_until { -S "$folder/socket" || !$process->alive };
	die 'rspamd does not start: ' . $process->log . "\n" if !$process->alive;
	push @{ $self->{said} }, 'rspamd: without greylisting';
	return bless { socket => "unix:$folder/socket", process => $process }, 'Bailey::Test::Load::Peer';
}

1;
