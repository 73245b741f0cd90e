# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test;

# A house for one test: a throw-away folder with a DNS server, Bailey and a
# private Postfix in it.  Everything stops, and the folder goes, with the test.
#
#	my $house = Bailey::Test->new;
#	$house->dns(zones => [$zone_text], rules => $text);
#	$house->bailey('authserv-id = "mx.example.org"');
#	$house->postfix(milter_default_action => 'tempfail');
#	my $smtp = $house->client('192.0.2.1');

use v5.32;
use warnings;
use File::Temp ();
use Bailey::Test::Daemon;
use Bailey::Test::Dns;
use Bailey::Test::Postfix;
use Bailey::Test::Smtp;

# Why this machine cannot run a private Postfix; undef if it can.
sub why_not {
	return 'a private Postfix needs root' if $> != 0;
	return 'Postfix is not installed' if !-x '/usr/sbin/postfix';
	return;
}

# keep: the folder stays.
sub new {
	my ($class, %is) = @_;
	my $folder = File::Temp->newdir('bailey-XXXXXXXX', TMPDIR => 1, CLEANUP => !$is{keep});
	chmod 0755, "$folder" or die "chmod $folder: $!\n";
	return bless { folder => $folder }, $class;
}

sub folder { return "$_[0]{folder}" }

sub dns {
	my ($self, @is) = @_;
	$self->{dns} = Bailey::Test::Dns->new($self->folder, @is) if @is;
	return $self->{dns};
}

# Text of a configuration; what a test needs and the text does not say is added.
sub bailey {
	my ($self, @is) = @_;
	$self->{bailey} = Bailey::Test::Daemon->new($self->folder, $self->{dns}, @is) if @is;
	return $self->{bailey};
}

# Parameters of main.cf; beside them it only knows Bailey's socket.
sub postfix {
	my ($self, @is) = @_;
	if (!$self->{postfix} || @is) {
		my $socket = $self->{bailey} && $self->{bailey}->socket;
		$self->{postfix} = Bailey::Test::Postfix->new($self->folder,
		    $socket ? (smtpd_milters => $socket, non_smtpd_milters => $socket) : (), @is);
	}
	return $self->{postfix};
}

# An SMTP connection that pretends to come from this address; further XCLIENT attributes may follow.
sub client {
	my ($self, $address, %xclient) = @_;
	my $smtp = Bailey::Test::Smtp->new($self->postfix->port);
	$smtp->xclient($address, %xclient) if defined $address;
	return $smtp;
}

# The message behind "250 ... queued as ID", as delivered; undef after any other reply.
sub delivered {
	my ($self, $reply) = @_;
	my $id = Bailey::Test::Smtp::queue_id($reply) // return;
	return $self->postfix->message($id);
}

sub stop {
	my ($self) = @_;
	$_->stop for grep { defined } @$self{qw(postfix bailey dns)};
	return;
}

# Let everything live on after the test (new(keep => 1)); the pids.
sub release {
	my ($self) = @_;
	return map { $_->release } map { $self->{$_}->process } grep { $self->{$_} } qw(postfix bailey dns);
}

# The processes end before their folder goes.
sub DESTROY { my ($self) = @_; delete @$self{$_} for qw(postfix bailey dns); return }

1;
