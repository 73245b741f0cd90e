# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Load::Network;

# A network and mounts of a script's own.  All clients of t/load are at home in
# it, and programs that ask whomever resolv.conf names ask the DNS of the script,
# at port 53.  Both end with their last process.
#
#	enter();	first of all: the script starts over in there
#	my $load = Bailey::Test::Load->new(own_network => 1);

use v5.32;
use warnings;
use Bailey::Test::Tools;
use Exporter 'import';
use File::Temp;

our @EXPORT_OK = qw(why_not enter);

# Why this machine has none for us; undef if it has.
sub why_not {
	return 'a network of its own needs root' if $> != 0;
	return 'iproute2 is not installed' if !-x '/sbin/ip';
	return system('unshare --net --mount true 2>/dev/null') == 0 ? undef
	    : 'no namespaces can be made here (unshare --net --mount)';
}

sub enter {
	# Whoever started us has another network: this is ours already.
	exec 'unshare', '--net', '--mount', $^X, $0, @ARGV or die "unshare: $!\n"
	    if readlink('/proc/self/ns/net') eq readlink('/proc/' . getppid . '/ns/net');
	# Not one that sweeps up: it forbids others to read the file before it goes.
	my $resolv = File::Temp->new(UNLINK => 0);
	spew("$resolv", "nameserver 127.0.0.1\n");
	chmod 0644, "$resolv";
	sh(qw(ip link set lo up));
	sh(qw(ip route add local 198.18.0.0/15 dev lo));
	sh('mount', '--bind', "$resolv", '/etc/resolv.conf');
	unlink "$resolv";
	return;
}

sub sh { my (@command) = @_; system(@command) == 0 or die "@command: fails\n"; return }

1;
